#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Rooms import one way: an include of a room that is not below one's own fails.
set -euo pipefail
cd "${1:-$(dirname "$0")/../..}"

declare -A below=(
        [base]=''
        [model]='base'
        [config]='base model'
        [store]='base model'
        [unit]='base model'
        [engine]='base model config store unit'
        [poll]='base model config store unit engine'
        [bus]='base model config store unit engine'
        [daemon]='base model config store unit engine bus'
        [client]='base model'
        [cli]='base model config client'
        [rest]='base model client'
        [task]='base'
        [migrations]='base task'
)
bad=0
while IFS=: read -r file line include; do
        room=${file#src/}
        room=${room%%/*}
        target=${include#*\"}
        target=${target%%/*}
        if [ -z "${below[$room]+x}" ]; then
                echo "# $file:$line: room $room is not on the ladder"
                bad=1
        elif [ "$target" != "$room" ] && ! [[ " ${below[$room]} " == *" $target "* ]]; then
                echo "# $file:$line: $room includes $target, which is not below it"
                bad=1
        fi
done < <(grep -rnE '^#include "[a-z0-9]+/' src --include='*.[ch]')
if [ "$bad" -eq 0 ]; then
        echo 'ok - Rooms import one way'
else
        echo 'not ok - Rooms import one way'
        exit 1
fi
