/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "migrations/pulp2to3/problem-list.h"

#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

int problem_list_add(ProblemList *l, const char *item, const char *reason) {
        char *item_copy, *reason_copy;

        if (!l->items)
                l->items = calloc(PROBLEM_LIST_MAX, sizeof(*l->items));
        if (!l->reasons)
                l->reasons = calloc(PROBLEM_LIST_MAX, sizeof(*l->reasons));
        item_copy = strdup(item);
        reason_copy = strdup(reason);
        if (!l->items || !l->reasons || !item_copy || !reason_copy) {
                free(item_copy);
                free(reason_copy);
                return -ENOMEM;
        }
        l->items[l->n] = item_copy;
        l->reasons[l->n++] = reason_copy;
        return 0;
}

bool problem_list_is_full(const ProblemList *l) {
        return l->n >= PROBLEM_LIST_MAX;
}

char *problem_list_format(const ProblemList *l) {
        json_t *array = json_array();
        char *text;
        int r = array ? 0 : -1;

        for (size_t i = 0; i < l->n && r == 0; i++)
                r = json_array_append_new(array, json_pack("[s, s]", l->items[i], l->reasons[i]));
        text = r == 0 ? json_dumps(array, JSON_COMPACT) : NULL;
        json_decref(array);
        return text;
}

void problem_list_clear(ProblemList *l) {
        for (size_t i = 0; i < l->n; i++) {
                free(l->items[i]);
                free(l->reasons[i]);
        }
        l->n = 0;
}

void problem_list_done(ProblemList *l) {
        problem_list_clear(l);
        free(l->items);
        free(l->reasons);
        *l = (ProblemList){};
}
