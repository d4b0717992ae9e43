/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/ask.h"

#include <stdarg.h>

#include "base/log.h"
#include "base/text.h"
#include "client/errors.h"
#include "rest/answer.h"

/* Options of one call, on-behalf-uid included. */
#define OPTIONS_MAX 16

static void call_failed(Request *q, int error) {
        if (error == -ENOMEM)
                request_fail(q, error);
        else
                request_unavailable(q, error == -ENOBUFS ? "Too many requests wait."
                                                         : "The system bus cannot be reached.");
}

static Ask ask_new(Request *q, const char *path, const char *interface, const char *member) {
        Ask a = { .request = q };
        int r;

        r = call_new(q->gateway->calls, path, interface, member, &a.call);
        if (r < 0)
                call_failed(q, r);
        return a;
}

Ask ask_manager(Request *q, const char *member) {
        return ask_new(q, CLIENT_PATH, CLIENT_MANAGER, member);
}

Ask ask_report(Request *q, uint32_t id, const char *member) {
        _cleanup_(freep) char *path = client_report_path(id);

        if (path)
                return ask_new(q, path, CLIENT_REPORT, member);
        request_fail(q, -ENOMEM);
        return (Ask){ .request = q };
}

static void ask_give_up(Ask *a, int error) {
        a->call = call_cancel(a->call);
        request_fail(a->request, error);
}

void ask_append(Ask *a, const char *types, ...) {
        va_list ap;
        int r;

        if (!a->call)
                return;
        va_start(ap, types);
        r = sd_bus_message_appendv(call_message(a->call), types, ap);
        va_end(ap);
        if (r < 0)
                ask_give_up(a, r);
}

static void on_done(sd_bus_message *reply, int error, const sd_bus_error *e, void *userdata) {
        RequestCall *c = userdata;

        c->done(c->request, reply, error, e);
}

void ask_send_plainly(Ask *a, AskDone done) {
        Request *q = a->request;
        RequestCall *slot = NULL;
        int r;

        if (!a->call)
                return;
        for (size_t i = 0; i < REQUEST_CALLS_MAX && !slot; i++)
                if (!q->calls[i].call)
                        slot = &q->calls[i];
        if (!slot || request_is_answered(q)) {
                a->call = call_cancel(a->call);
                return;
        }
        slot->request = q;
        slot->done = done;
        r = call_start(TAKE_PTR(a->call), a->heavy, ASK_CALL_USEC, on_done, slot, &slot->call);
        if (r < 0)
                call_failed(q, r);
}

void ask_send(Ask *a, const ClientOption *options, size_t n, AskDone done) {
        ClientOption all[OPTIONS_MAX];
        int r;

        if (!a->call)
                return;
        if (n >= OPTIONS_MAX)
                return ask_give_up(a, -EINVAL);
        if (n > 0)
                memcpy(all, options, n * sizeof(ClientOption));
        all[n] = (ClientOption){ .key = "on-behalf-uid", .type = 'u', .number = a->request->uid };
        r = client_append_options(call_message(a->call), all, n + 1);
        if (r < 0)
                return ask_give_up(a, r);
        ask_send_plainly(a, done);
}

void ask_property(Request *q, const char *name, AskDone done) {
        Ask a = ask_new(q, CLIENT_PATH, "org.freedesktop.DBus.Properties", "Get");

        ask_append(&a, "ss", CLIENT_MANAGER, name);
        ask_send_plainly(&a, done);
}

bool ask_error_is(const sd_bus_error *e, const char *name) {
        return e && e->name && startswith(e->name, ERROR_PREFIX) && streq(e->name + strlen(ERROR_PREFIX), name);
}

/* What an error means over HTTP, and of which field of a body it speaks. */
static const struct {
        const char *name;
        unsigned status;
        const char *field; /* NULL: of none */
} meanings[] = {
        { ERROR_PREFIX "NoSuchPlan", MHD_HTTP_NOT_FOUND, NULL },
        { ERROR_PREFIX "NoSuchReport", MHD_HTTP_NOT_FOUND, NULL },
        { ERROR_PREFIX "NoSuchTask", MHD_HTTP_NOT_FOUND, NULL },
        { SD_BUS_ERROR_UNKNOWN_OBJECT, MHD_HTTP_NOT_FOUND, NULL },
        { ERROR_PREFIX "NoSuchMigration", MHD_HTTP_CONFLICT, "migration" },
        { ERROR_PREFIX "BadDefinition", MHD_HTTP_CONFLICT, "migration" },
        { ERROR_PREFIX "BadDocument", MHD_HTTP_BAD_REQUEST, "plan" },
        { ERROR_PREFIX "TooLarge", MHD_HTTP_CONTENT_TOO_LARGE, NULL },
        { ERROR_PREFIX "PlanExists", MHD_HTTP_CONFLICT, "name" },
        { ERROR_PREFIX "BadOption", MHD_HTTP_BAD_REQUEST, "name" },
        { ERROR_PREFIX "PlanInUse", MHD_HTTP_CONFLICT, NULL },
        { ERROR_PREFIX "BadState", MHD_HTTP_CONFLICT, NULL },
        { ERROR_PREFIX "MigrationRunning", MHD_HTTP_CONFLICT, NULL },
        { SD_BUS_ERROR_ACCESS_DENIED, MHD_HTTP_FORBIDDEN, NULL },
        { SD_BUS_ERROR_AUTH_FAILED, MHD_HTTP_FORBIDDEN, NULL },
        { SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED, MHD_HTTP_FORBIDDEN, NULL },
};

static void failed(Request *q, int error, const sd_bus_error *e, bool of_body) {
        const char *reason = e && e->message ? e->message : "The request failed.";

        for (size_t i = 0; e && i < ELEMENTSOF(meanings); i++) {
                if (!streq_ptr(e->name, meanings[i].name))
                        continue;
                if (of_body && meanings[i].field)
                        return request_refuse_field(q, meanings[i].field, reason);
                return request_refuse(q, meanings[i].status, reason);
        }
        if (error_is_transient(error, e))
                return request_unavailable(q, e && e->message ? e->message : "migrationd does not answer.");
        if (e)
                log_error("A call failed with %s: %s", e->name, reason);
        request_fail(q, error);
}

void ask_failed(Request *q, int error, const sd_bus_error *e) {
        failed(q, error, e, /* of_body= */ false);
}

void ask_failed_field(Request *q, int error, const sd_bus_error *e) {
        failed(q, error, e, /* of_body= */ true);
}
