#!/usr/bin/env bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is installed has none of the points at which a test build can be stopped. Usage: test-points.sh [PROJECT [INSTALLED
# [TEST-BUILD]]]
# shellcheck source=tests/lib/static.sh
. "$(dirname "$0")/../lib/static.sh"
cd "${1:-$(dirname "$0")/../..}"
installed=${2:-build/install}
points=${3:-build/install-points}

programs() {
        find "$1" -type f \( -path '*/libexec/*' -o -path '*/bin/*' -o -name '*.so.*' \)
}

# with_points DIRECTORY: programs and libraries in which the name of the points' file is.
with_points() {
        programs "$1" | xargs -r grep -la '/run/migrationd-test-point' || :
}

verdict "The option test-points is off unless asked for" \
        "$(grep -q "option('test-points', type : 'boolean', value : false" meson_options.txt || echo "meson_options.txt does not say so")"
if [[ -z $(programs "$installed" 2>/dev/null) ]]; then
        verdict "What is installed can not be stopped at points" "$installed is not built"
else
        verdict "What is installed can not be stopped at points" "$(with_points "$installed")"
fi
# The look itself finds them where they are.
if [[ -d $points ]]; then
        verdict "What the fault tests use can be" "$([[ -n $(with_points "$points") ]] || echo "no program of $points has points")"
fi
exit "$bad"
