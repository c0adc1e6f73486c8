"""`python tests/postgres.py command …` runs it on a PostgreSQL server, or says why it didn't."""

import os
import subprocess
import sys

import psycopg


def main(command: list[str]) -> int:
    """Use the server of DATABASE_URL, else this machine's; without one 0, or 1 if REQUIRE_POSTGRES=1."""
    url = os.environ.get("DATABASE_URL", "")
    if not url.startswith("postgres"):
        url = "postgres://postgres@127.0.0.1:5432/postgres"
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.Error as error:
        sys.stderr.write(f"NOT RUN on PostgreSQL: {str(error).splitlines()[0]}\n")
        return int(os.environ.get("REQUIRE_POSTGRES") == "1")
    sys.stderr.write("Tests on PostgreSQL\n")
    return subprocess.call(command, env={**os.environ, "DATABASE_URL": url})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
