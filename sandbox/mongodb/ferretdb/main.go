// Command ferretdb is a server that speaks MongoDB's protocol and keeps its data in SQLite files of a folder. It stands in where no
// mongod is installed, and takes those flags of FerretDB's own program that are of use here.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/FerretDB/FerretDB/ferretdb"
)

const version = "1.24.2"

func main() {
	address := flag.String("listen-addr", "", "address, such as 127.0.0.1:27017")
	socket := flag.String("listen-unix", "", "path of a socket")
	handler := flag.String("handler", "sqlite", "only sqlite")
	folder := flag.String("sqlite-url", "", "folder of the databases, such as file:/data/")
	flag.String("state-dir", "", "without effect")
	flag.String("debug-addr", "", "without effect")
	flag.String("telemetry", "", "without effect: there is none")
	show := flag.Bool("version", false, "say the version and end")
	flag.Parse()
	if *show {
		fmt.Println("version: v" + version)
		return
	}
	server, err := ferretdb.New(&ferretdb.Config{
		Listener:  ferretdb.ListenerConfig{TCP: *address, Unix: *socket},
		Logger:    slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn})),
		Handler:   *handler,
		SQLiteURL: *folder,
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := server.Run(ctx); err != nil {
		log.Fatal(err)
	}
}
