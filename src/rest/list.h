/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Lists: counted and read at the same time, page by page, with links to the next page and the one before. */

#include "rest/ask.h"

/* How lists differ. */
typedef struct ListKind {
        const char *path;         /* below the prefix */
        const char *count, *list; /* methods of the manager */
        ClientOption more;        /* of the list alone; type 0: none */
        bool heavy;               /* see Ask */
        /* Reads the reply, and hands the elements to list_take(), now or after further calls. Returns 0 or a negative
         * errno. */
        int (*read)(Request *q, sd_bus_message *reply);
} ListKind;

/* Reads the parameters, asks, answers. */
void list_start(Request *q, const ListKind *kind);

/* The elements of the page; owned by the list. */
void list_take(Request *q, json_t *results);

/* The parameters, which lists of plans look at before they start; NULL when the request is answered already. */
Query *list_prepare(Request *q);

/* The same, later. */
Query *list_query(Request *q);

/* Reads replies of elements (oa{sv}): read() is called for each with the message at the dictionary. Returns 0 or a
 * negative errno. */
int list_each(sd_bus_message *reply, int (*read)(sd_bus_message *m, void *userdata), void *userdata);
