// Writes into a WAL database until it is told to stop: `node writer.mjs <file>`. One transaction moves money between two rows, so
// that every consistent state has the same sum. The log keeps its length.
import Database from 'better-sqlite3';

const db = new Database(process.argv[2], { timeout: 5_000 });
// A disk that is slow to confirm must not slow the writing down.
db.pragma('synchronous = OFF');
const move = db.transaction((amount) => {
  db.prepare('UPDATE account SET balance = balance - ? WHERE id = 1').run(amount);
  db.prepare('INSERT INTO log (note, amount) VALUES (?, ?)').run(`moved ${amount}`, amount);
  db.prepare('DELETE FROM log WHERE id = (SELECT min(id) FROM log)').run();
  db.prepare('UPDATE account SET balance = balance + ? WHERE id = 2').run(amount);
});
let count = 0;
const write = () => {
  for (let i = 0; i < 5; i++) move(++count % 97);
  if (count === 5) process.stdout.write('writing\n');
  setTimeout(write, 5);
};
process.on('SIGTERM', () => process.exit(0));
write();
