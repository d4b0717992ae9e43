/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tasks and problems of a report, read page by page: a report may have a million of them. */

#include "client/client.h"
#include "model/state.h"

typedef struct Task {
        uint32_t id;
        uint32_t report;        /* where the list is not one report's, else 0 */
        char *step;
        char *kind;             /* main, expand */
        char *lane;
        int32_t stage;
        State state;
        uint32_t attempt;       /* number of the latest one, 0: none yet */
        uint64_t done, total;
        char *class;            /* of its failure, "" without one */
        char *error;
        char *unit;             /* of the latest attempt; "" before the first, and so are the following */
        char *invocation_id;
        char *result;
        char *exit_code;
        int32_t exit_status;    /* -1: not known */
        uint64_t cpu_usec, memory_peak_bytes, io_read_bytes, io_write_bytes;    /* UINT64_MAX: not known */
        uint64_t created_usec, started_usec, finished_usec;                     /* of that attempt; 0: not yet */
        uint64_t task_created_usec;                                             /* as report */
} Task;

typedef struct Problem {
        uint64_t id;
        uint32_t task;
        char *step;
        char *item;
        char *reason;
        uint64_t created_usec;
} Problem;

/* Reads one from the a{sv} at the message's position. Returns 0 with *ret for task_done(), or a negative errno
 * with *ret_error set. */
int task_read(sd_bus_message *m, Task *ret, sd_bus_error *ret_error);
void task_done(Task *t);

/* Called for each element, which is freed after; a negative return stops the reading and is returned. */
typedef int (*TaskHandler)(const Task *task, void *userdata);
typedef int (*ProblemHandler)(const Problem *problem, void *userdata);

/* By id. states: NULL-terminated words, NULL: all; step: a code, NULL: all. Returns 0 or a negative errno
 * with *ret_error set when the service refused. */
int task_for_each(Client *c, uint32_t report, char *const *states, const char *step, TaskHandler handler,
                  void *userdata, sd_bus_error *ret_error);
int problem_for_each(Client *c, uint32_t report, ProblemHandler handler, void *userdata,
                     sd_bus_error *ret_error);
