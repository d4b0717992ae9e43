/* SPDX-License-Identifier: LGPL-2.1-or-later */

/* status/: asked without credentials, so it is what the gateway itself may see. */

#include "base/text.h"
#include "rest/answer.h"
#include "rest/ask.h"
#include "rest/handlers.h"
#include "rest/json.h"

typedef struct Status {
        char *version;
        bool connected;
} Status;

static void status_free(void *p) {
        Status *s = p;

        free(s->version);
        free(s);
}

/* The text of a property; borrowed from the reply. Returns 0 or a negative errno. */
static int read_text(sd_bus_message *reply, char type, const char **ret) {
        int r;

        r = sd_bus_message_enter_container(reply, SD_BUS_TYPE_VARIANT, (char[]){ type, 0 });
        return r < 0 ? r : sd_bus_message_read_basic(reply, type, ret);
}

static void answer_status(Request *q, uint32_t unfinished) {
        const Status *s = q->state;

        request_answer(q, MHD_HTTP_OK,
                       json_pack("{s:[{s:s, s:s}], s:{s:b}, s:o}", "versions", "component", "migrationd", "version",
                                 s->version, "database_connection", "connected", (int) s->connected,
                                 "unfinished_report",
                                 unfinished > 0 ? json_of_href("migrationreport/", unfinished) : json_null()));
}

/* That it can't be read, since the database goes just now or the gateway may not, says nothing about the rest. */
static void on_unfinished(Request *q, sd_bus_message *reply, _unused_ int error, _unused_ const sd_bus_error *e) {
        const char *path;
        bool read = reply && read_text(reply, SD_BUS_TYPE_OBJECT_PATH, &path) >= 0;

        answer_status(q, read ? client_path_id(path) : 0);
}

static void on_store(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        Status *s = q->state;
        const char *text;

        if (!reply)
                return ask_failed(q, error, e);
        if (read_text(reply, SD_BUS_TYPE_STRING, &text) < 0)
                return request_fail(q, -EBADMSG);
        s->connected = streq(text, "connected");
        if (s->connected)
                ask_property(q, "Unfinished", on_unfinished);
        else
                answer_status(q, 0);
}

static void on_version(Request *q, sd_bus_message *reply, int error, const sd_bus_error *e) {
        Status *s = q->state;
        const char *text;

        if (!reply)
                return ask_failed(q, error, e);
        if (read_text(reply, SD_BUS_TYPE_STRING, &text) < 0)
                return request_fail(q, -EBADMSG);
        s->version = strdup(text);
        if (!s->version)
                return request_fail(q, -ENOMEM);
        ask_property(q, "StoreStatus", on_store);
}

void status_read(Request *q) {
        q->state = calloc(1, sizeof(Status));
        if (!q->state)
                return request_fail(q, -ENOMEM);
        q->free_state = status_free;
        ask_property(q, "Version", on_version);
}
