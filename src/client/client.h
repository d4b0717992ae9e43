/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* A connection to the bus that has org.migrationd1, and calls on it. Every call has a deadline. */

#include <systemd/sd-bus.h>

#include "base/macro.h"

#define CLIENT_SERVICE "org.migrationd1"
#define CLIENT_PATH "/org/migrationd1"
#define CLIENT_MANAGER "org.migrationd1.Manager"
#define CLIENT_PLAN "org.migrationd1.Plan"
#define CLIENT_REPORT "org.migrationd1.Report"

/* A call that only reads. 25 s is D-Bus's own default; starting the service through activation is part of
 * it. */
#define CLIENT_CALL_USEC (25 * USEC_PER_SEC)

/* A call for which polkit may ask a person for a password: a person needs time. */
#define CLIENT_ASK_USEC (300 * USEC_PER_SEC)

typedef enum ClientTransport {
        CLIENT_LOCAL,           /* the system bus of this machine */
        CLIENT_HOST,            /* user@host, over ssh */
        CLIENT_MACHINE,         /* a local container */
} ClientTransport;

typedef struct Client {
        sd_bus *bus;            /* NULL: not connected */
        ClientTransport transport;
        const char *host;       /* of the transport; borrowed, NULL for CLIENT_LOCAL */
        bool ask_password;      /* polkit may ask the caller */
} Client;

/* Connects. Returns 0 or a negative errno with c->bus NULL. Can be called again after client_disconnect(). */
int client_connect(Client *c);
void client_disconnect(Client *c);

/* For _cleanup_(client_disconnectp) on a Client on the stack. */
static inline void client_disconnectp(Client *c) {
        client_disconnect(c);
}

/* One entry of an a{sv}. type: 's' text, 'u' number, 't' number64, 'b' flag, 'a' list of texts, 'i' list of ids,
 * 0: leave the entry out. */
typedef struct ClientOption {
        const char *key;
        char type;
        const char *text;
        uint64_t number;        /* of a list of ids: how many */
        char *const *list;
        const uint32_t *ids;
} ClientOption;

/* A new call to an object of the service; the caller appends arguments. Returns 0 or a negative errno. */
int client_message(Client *c, const char *path, const char *interface, const char *member,
                   sd_bus_message **ret);

/* Appends the options as a{sv}. Returns 0 or a negative errno. */
int client_append_options(sd_bus_message *m, const ClientOption *options, size_t n);

/* Sends a call and waits for the reply with a deadline of CLIENT_CALL_USEC, or CLIENT_ASK_USEC where a
 * password may be asked. ask: polkit may ask. ret_reply may be NULL. Returns 0 or a negative errno with
 * *ret_error set, to be freed by the caller. */
int client_send(Client *c, sd_bus_message *m, bool ask, sd_bus_error *ret_error, sd_bus_message **ret_reply);

/* A call without arguments, or with arguments as of sd_bus_message_append(); as client_send() with ask
 * off. */
int client_call(Client *c, const char *path, const char *interface, const char *member,
                sd_bus_error *ret_error, sd_bus_message **ret_reply, const char *types, ...);

/* A property of the manager or of another object. type: 's' or 'o'. Text is owned by the caller. */
int client_get_text(Client *c, const char *path, const char *interface, const char *property, char type,
                    sd_bus_error *ret_error, char **ret);
int client_get_u32(Client *c, const char *path, const char *interface, const char *property,
                   sd_bus_error *ret_error, uint32_t *ret);

/* The object paths of reports end in _ID. Returns a new string, NULL when out of memory; the id, 0 for
 * another path. */
char *client_report_path(uint32_t id);
uint32_t client_path_id(const char *path);
