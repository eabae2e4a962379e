#!/bin/sh
# Creates Temporal's two databases and brings their schemas up to the version of these tools. Safe to repeat.
# Connection and password come from SQL_* in the environment; temporal-sql-tool reads them itself.
set -eu

prepare() {
  database=$1
  schema=$2
  echo "Preparing database $database"
  temporal-sql-tool --db "$database" create-database
  temporal-sql-tool --db "$database" setup-schema --version 0.0
  temporal-sql-tool --db "$database" update-schema --schema-name "$schema"
}

prepare temporal postgresql/v12/temporal
prepare temporal_visibility postgresql/v12/visibility
echo 'Databases are ready'
