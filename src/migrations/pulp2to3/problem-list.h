/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Problems that have not been written yet, so that they are written by one statement and not each by its own. */

#include <stdbool.h>
#include <stddef.h>

/* What a list holds. Source: what one call of migrationd_task_problems() takes. */
#define PROBLEM_LIST_MAX 1000

typedef struct ProblemList {
        char **items; /* both owned, with PROBLEM_LIST_MAX places or NULL */
        char **reasons;
        size_t n;
} ProblemList;

/* Appends copies to a list that is not full. Returns 0 or -ENOMEM. */
int problem_list_add(ProblemList *l, const char *item, const char *reason);

bool problem_list_is_full(const ProblemList *l);

/* As JSON: [[item, reason], ...], owned by the caller; NULL when out of memory or when a text is no UTF-8. */
char *problem_list_format(const ProblemList *l);

/* Empties the list. */
void problem_list_clear(ProblemList *l);

/* Frees what it holds; the list is empty then. */
void problem_list_done(ProblemList *l);
