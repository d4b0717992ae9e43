#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Every source file says its licence in one of its first lines. Usage: spdx.sh [PROJECT]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"

LICENCES='LGPL-2.1-or-later|GPL-2.0-or-later'

# JSON has no comments, files with a dot are settings of tools, pages in the top directory are not code.
mapfile -t files < <(project_files ! -name '*.json' ! -name '.*' ! -path './*.md' -o -path './docs/*')
missing=$(for file in "${files[@]}"; do
        grep -qE "SPDX-License-Identifier: ($LICENCES)( |\$)" <<<"$(head -n 5 "$file" | tr -d '\0')" || printf '%s\n' "$file"
done)
verdict "Each of ${#files[@]} source files says its licence" "$missing"
exit "$bad"
