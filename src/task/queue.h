/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Tasks that an expander adds, kept until its finish: the last block in memory, the full ones in an unnamed
 * file. */

#include <jansson.h>
#include <stdio.h>

#include "base/macro.h"

/* Tasks of one call of migrationd.task_add(). */
#define QUEUE_BLOCK_TASKS 1000
/* Also the end of a block: far below what a parameter may have (1 GiB). */
#define QUEUE_BLOCK_BYTES (8 * 1024 * 1024)

typedef struct Queue {
        json_t *block;          /* array, NULL: empty */
        size_t block_bytes;
        FILE *spool;            /* one block a line */
        size_t n_tasks;
} Queue;

void queue_done(Queue *q);

/* Queues a task; takes what migrationd_task_add() takes, checked. input: the text of a JSON object. Returns
 * 0, -EINVAL with *ret_reason owned by the caller, -ENOMEM or an errno of the file. */
int queue_add(Queue *q, const char *lane, int32_t stage, const char *input, int64_t total, char **ret_reason);

/* Calls back for each block, a JSON array as text, in order; stops at the first negative result and returns
 * it. The queue is not changed but for its end: what is still in memory goes to the file. */
int queue_foreach(Queue *q, int (*callback)(const char *block, void *userdata), void *userdata);
