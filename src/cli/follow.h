/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Follows a report to its end, on the terminal, a pipe or as JSON, and says how it ended. */

#include "cli/cli.h"

/* Shows progress: bars on a terminal, lines on a pipe, objects with --json, nothing with --quiet. Returns the
 * verdict's exit code, or EXIT_TIMED_OUT, EXIT_DETACHED or the code of an error, each after a message. */
int follow_report(Cli *cli, uint32_t id);

/* The same without progress: only the end is told. */
int follow_quietly(Cli *cli, uint32_t id);
