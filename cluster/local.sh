#!/usr/bin/env bash
# A small cluster on this machine: three Ray nodes, MLflow, and what else is asked for.
#
#   eval "$(cluster/local.sh up [--postgres] [--s3])"    # starts it; sets RAY_ADDRESS and the rest
#   cluster/local.sh down                                # ends what `up` started, and nothing else
#
# `up --help` has the flags. The work is done by cluster/local/, in the Python that xlt is
# installed in: $XLT_PYTHON, else the repository's .venv, else the one on the PATH.
set -euo pipefail

here="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)"
python="${XLT_PYTHON:-$here/../.venv/bin/python}"
[[ -x "$python" ]] || python="$(command -v python3)"
exec "$python" "$here/local" "$@"
