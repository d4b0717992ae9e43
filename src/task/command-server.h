/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The socket of `migrationd-task run`, for the verbs that programs below it call. */

#include <systemd/sd-event.h>

#include "base/macro.h"
#include "task/task.h"

/* A parallel script may call many verbs at once; more wait in the backlog of the socket. */
#define SERVER_CLIENTS_MAX 64
/* A client that does not send its request within that time is dropped: it would keep a place for ever. */
#define SERVER_CLIENT_USEC (10 * USEC_PER_SEC)

typedef struct Server Server;

/* Called when the database refused a call in a way that ends the attempt, or the connection to it is lost. */
typedef void (*ServerRefused)(int error, void *userdata);

/* Listens in a new directory that only this user can enter. task is borrowed. Returns 0 or a negative errno. */
int server_new(sd_event *event, migrationd_task *task, ServerRefused on_refused, void *userdata,
               Server **ret);

/* Closes all connections, removes socket and directory. Accepts NULL, returns NULL. */
Server *server_free(Server *s);
DEFINE_CLEANUP(Server *, server_free);

/* Borrowed. */
const char *server_path(Server *s);
