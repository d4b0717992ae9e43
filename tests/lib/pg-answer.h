/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* What tests of the asynchronous client share: an event loop that runs until something has happened, and a
 * record of how a statement ended. */

#include "lib/pg-cluster.h"
#include "store/pg-client.h"

/* For what must happen at once; much longer than that, for a busy machine. */
#define SOON (20 * USEC_PER_SEC)

typedef struct Answer {
        unsigned n_calls; /* of the callback; more than one is a defect */
        unsigned order;   /* 1 for the first callback since pg_answer_order was 0 */
        int error;
        int n_rows;
        char sqlstate[6], constraint[64], message[512];
        char value[256]; /* first column of the first row; "NULL" */
} Answer;

extern unsigned pg_answer_order;

/* Runs the loop until *what is not zero. Returns false when that takes longer than timeout_usec. */
bool loop_until(sd_event *event, const unsigned *what, usec_t timeout_usec);

/* A PgCallback, userdata is an Answer. */
void on_answer(PgClient *c, const PgError *error, PGresult *res, void *userdata);

/* Queues a statement with up to one parameter (NULL: none) and asserts that it was taken. */
void ask(PgClient *c, const char *text, const char *param, usec_t timeout_usec, Answer *answer);

/* The same, and waits for the answer. */
void ask_and_wait(sd_event *event, PgClient *c, const char *text, const char *param, Answer *answer);

/* A client of this role without handlers; asserts that it connects. */
PgClient *client_connect(sd_event *event, PgCluster *cluster, const char *role);

/* A throw-away cluster with the store's schema applied in it; as pg_cluster_new(). */
int store_cluster_new(PgCluster **ret);
