/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "task/queue.h"

#include "base/text.h"

void queue_done(Queue *q) {
        json_decref(q->block);
        q->block = NULL;
        if (q->spool)
                (void) fclose(q->spool);
        q->spool = NULL;
}

/* Writes the block as one line; compact JSON has no newline in it. */
static int flush(Queue *q) {
        _cleanup_(freep) char *text = NULL;

        if (!q->block)
                return 0;
        if (!q->spool)
                q->spool = tmpfile();
        if (!q->spool)
                return -errno;
        text = json_dumps(q->block, JSON_COMPACT);
        if (!text)
                return -ENOMEM;
        if (fseeko(q->spool, 0, SEEK_END) < 0 || fprintf(q->spool, "%s\n", text) < 0 || fflush(q->spool) != 0)
                return -errno;
        json_decref(q->block);
        q->block = NULL;
        q->block_bytes = 0;
        return 0;
}

static int parse_input(const char *input, json_t **ret, char **ret_reason) {
        _cleanup_(json_decrefp) json_t *object = NULL;
        json_error_t e;

        object = json_loads(input, JSON_REJECT_DUPLICATES, &e);
        if (!object)
                return text_error(ret_reason, -EINVAL, "input is no JSON: line %i, column %i: %s", e.line,
                                  e.column, e.text);
        if (!json_is_object(object))
                return text_error(ret_reason, -EINVAL, "input is no JSON object");
        *ret = TAKE_PTR(object);
        return 0;
}

int queue_add(Queue *q, const char *lane, int32_t stage, const char *input, int64_t total,
              char **ret_reason) {
        _cleanup_(json_decrefp) json_t *object = NULL, *task = NULL;
        int r;

        if (stage < 0 || total < 0)
                return text_error(ret_reason, -EINVAL, "stage and total may not be negative");
        r = parse_input(input, &object, ret_reason);
        if (r < 0)
                return r;
        task = json_pack("{s:s, s:i, s:O, s:I}", "lane", lane, "stage", (int) stage, "input", object, "total",
                         (json_int_t) total);
        if (!task)
                return text_error(ret_reason, -EINVAL, "lane is no UTF-8");
        if (!q->block)
                q->block = json_array();
        if (!q->block || json_array_append(q->block, task) < 0)
                return -ENOMEM;
        q->n_tasks++;
        q->block_bytes += strlen(input);
        if (json_array_size(q->block) >= QUEUE_BLOCK_TASKS || q->block_bytes >= QUEUE_BLOCK_BYTES)
                return flush(q);
        return 0;
}

int queue_foreach(Queue *q, int (*callback)(const char *block, void *userdata), void *userdata) {
        _cleanup_(freep) char *line = NULL;
        size_t size = 0;
        ssize_t n;
        int r;

        r = flush(q);
        if (r < 0 || !q->spool)
                return r;
        rewind(q->spool);
        while ((n = getline(&line, &size, q->spool)) > 0) {
                line[n - 1] = 0;
                r = callback(line, userdata);
                if (r < 0)
                        return r;
        }
        return ferror(q->spool) ? -EIO : 0;
}
