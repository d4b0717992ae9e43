/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The parts of the migrationd-task command. The main process of a unit (`run`) serves the other verbs, which
 * programs below it call, on a socket of its own: a request is one line of JSON, {"verb": …}; the answer is
 * one line {"status": …, "error": …}, after `input` followed by a line with the document; then the connection
 * is closed. */

#include <jansson.h>

#include "task/task.h"

/* Where the socket is, in the environment of the child. */
#define COMMAND_SOCKET_VARIABLE "MIGRATIOND_SOCKET"

/* A request, of which the input of an added task is the largest part. */
#define COMMAND_REQUEST_BYTES_MAX (1024 * 1024)

/* Exit statuses beside those of task.h. Source: sysexits.h. */
enum {
        COMMAND_EXIT_NOT_FOUND = 1,     /* `input`: nothing at that pointer */
        COMMAND_EXIT_USAGE = 64,        /* EX_USAGE */
};

/* `run [--exit-code] [--] PROGRAM [ARGUMENT…]`; returns the exit status, or ends by the signal that ended the
 * program. */
int command_run(int argc, char **argv);

/* The verbs of a child; each returns the exit status. argv[0] is the verb. */
int command_input(int argc, char **argv);
int command_progress(int argc, char **argv);
int command_problem(int argc, char **argv);
int command_add_task(int argc, char **argv);

/* Says how a verb is used, on standard error; returns COMMAND_EXIT_USAGE. */
int command_usage(const char *verb);

/* Finds the value at a JSON pointer (RFC 6901); borrowed. Returns 0, -EINVAL (no pointer) or -ENOENT. */
int pointer_find(json_t *document, const char *pointer, json_t **ret);
