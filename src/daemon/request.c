/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "daemon/request.h"

#include <inttypes.h>

#include "base/log.h"
#include "base/text.h"
#include "bus/error.h"
#include "daemon/store.h"

static unsigned count_of_sender(const Manager *m, const char *sender) {
        unsigned n = 0;

        for (const Request *q = m->requests; q; q = q->next)
                n += streq_ptr(sd_bus_message_get_sender(q->message), sender);
        return n;
}

int request_new(Manager *m, sd_bus_message *message, const char *action, RequestAct act, Request **ret,
                sd_bus_error *error) {
        const char *sender = sd_bus_message_get_sender(message);
        Request *q;

        if (m->n_requests >= REQUESTS_MAX)
                return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many calls are in flight");
        if (count_of_sender(m, sender) >= REQUESTS_PER_SENDER_MAX)
                return sd_bus_error_setf(error, SD_BUS_ERROR_LIMITS_EXCEEDED,
                                         "%s has %u calls in flight, no more are taken", sender,
                                         REQUESTS_PER_SENDER_MAX);
        q = calloc(1, sizeof(Request));
        if (!q)
                return -ENOMEM;
        q->manager = m;
        q->message = sd_bus_message_ref(message);
        q->action = action;
        q->act = act;
        q->next = m->requests;
        if (q->next)
                q->next->previous = q;
        m->requests = q;
        m->n_requests++;
        *ret = q;
        return 0;
}

int request_hold(Request *q, size_t bytes, sd_bus_error *error) {
        Manager *m = q->manager;

        if (bytes > REQUESTS_BYTES_MAX - m->n_bytes)
                return sd_bus_error_set(error, SD_BUS_ERROR_LIMITS_EXCEEDED, "Too many large calls are in flight");
        q->bytes += bytes;
        m->n_bytes += bytes;
        return 0;
}

Request *request_free(Request *q) {
        Manager *m;

        if (!q)
                return NULL;
        m = q->manager;
        if (q->previous)
                q->previous->next = q->next;
        else
                m->requests = q->next;
        if (q->next)
                q->next->previous = q->previous;
        m->n_requests--;
        m->n_bytes -= q->bytes;
        if (q->free_args)
                q->free_args(q->args);
        caller_done(&q->caller);
        sd_bus_slot_unref(q->slot);
        sd_event_source_disable_unref(q->deadline);
        sd_bus_message_unref(q->message);
        free(q);
        manager_settle(m);
        return NULL;
}

void request_reply(Request *q, sd_bus_message *reply) {
        int r;

        r = sd_bus_send(q->manager->bus, reply, NULL);
        if (r < 0)
                log_warning_errno(r, "Failed to answer a call, ignoring: %m");
        request_free(q);
}

void request_reply_empty(Request *q) {
        int r;

        r = sd_bus_reply_method_return(q->message, NULL);
        if (r < 0)
                log_warning_errno(r, "Failed to answer a call, ignoring: %m");
        request_free(q);
}

void request_fail(Request *q, const sd_bus_error *error) {
        int r;

        r = sd_bus_reply_method_error(q->message, error);
        if (r < 0)
                log_warning_errno(r, "Failed to answer a call, ignoring: %m");
        request_free(q);
}

void request_fail_errno(Request *q, int error) {
        _cleanup_(sd_bus_error_free) sd_bus_error e = SD_BUS_ERROR_NULL;

        sd_bus_error_set_errno(&e, error);
        request_fail(q, &e);
}

sd_bus_message *request_reply_new(Request *q) {
        sd_bus_message *reply = NULL;
        int r;

        r = sd_bus_message_new_method_return(q->message, &reply);
        if (r < 0)
                request_fail_errno(q, r);
        return reply;
}

void request_finish(Request *q, sd_bus_message *reply, int r) {
        if (r < 0)
                request_fail_errno(q, r);
        else
                request_reply(q, reply);
}

static void fail_without_store(Request *q) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Manager *m = q->manager;

        (void) bus_error_set(&error, BUS_ERROR_STORE_UNAVAILABLE, "The database is not reachable: %s; see '%s'",
                             m->store_problem ?: "no answer yet", manager_store_hint(m));
        request_fail(q, &error);
}

static int on_store_deadline(sd_event_source *s, uint64_t usec, void *userdata) {
        fail_without_store(userdata);
        return 0;
}

static void wait_for_store(Request *q) {
        int r;

        q->waits_for_store = true;
        r = sd_event_add_time_relative(q->manager->event, &q->deadline, CLOCK_MONOTONIC, MANAGER_STORE_TIMEOUT_USEC,
                                       0, on_store_deadline, q);
        if (r < 0) {
                request_fail_errno(q, r);
                return;
        }
        store_retry(q->manager);
}

static void request_act(Request *q) {
        if (q->act_lost && q->manager->store_lost_usec > 0 && q->act_lost(q))
                return;
        if (!q->without_store && q->manager->phase != STORE_READY)
                wait_for_store(q);
        else
                q->act(q);
}

void request_store_settled(Manager *m) {
        /* An act may free its own call, and sends nothing that could free another's. */
        for (Request *q = m->requests, *next; q; q = next) {
                next = q->next;
                if (!q->waits_for_store)
                        continue;
                q->waits_for_store = false;
                q->deadline = sd_event_source_disable_unref(q->deadline);
                if (m->phase == STORE_READY)
                        q->act(q);
                else
                        fail_without_store(q);
        }
}

static int on_polkit(sd_bus_message *reply, void *userdata, sd_bus_error *unused) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Request *q = userdata;
        int r;

        q->slot = sd_bus_slot_unref(q->slot);
        r = polkit_read(reply, &error);
        if (r < 0 && q->caller.via &&
            sd_bus_error_has_name(&error, SD_BUS_ERROR_INTERACTIVE_AUTHORIZATION_REQUIRED)) {
                /* Nobody could show the dialog, whatever the call allows. */
                sd_bus_error_free(&error);
                r = sd_bus_error_setf(&error, SD_BUS_ERROR_ACCESS_DENIED,
                                      "polkit does not allow uid %" PRIu32 " to do this without a password dialog, "
                                      "which %s cannot show",
                                      q->caller.uid, q->caller.via);
        }
        if (r >= 0)
                request_act(q);
        else if (sd_bus_error_is_set(&error))
                request_fail(q, &error);
        else
                request_fail_errno(q, r);
        return 0;
}

static int on_caller(sd_bus_message *reply, void *userdata, sd_bus_error *unused) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Request *q = userdata;
        PolkitSubject subject;
        int r;

        q->slot = sd_bus_slot_unref(q->slot);
        r = caller_read(reply, &q->caller, &error);
        if (r < 0) {
                if (sd_bus_error_is_set(&error))
                        request_fail(q, &error);
                else
                        request_fail_errno(q, r);
                return 0;
        }
        r = on_behalf_apply(&q->on_behalf, q->manager, &q->caller, &error);
        if (r < 0) {
                request_fail(q, &error);
                return 0;
        }
        if (q->caller.uid == 0) {
                request_act(q);
                return 0;
        }
        subject = (PolkitSubject){ .uid = q->caller.uid, .pid = q->caller.pid };
        r = polkit_ask(q->message, q->caller.via ? &subject : NULL, q->action, &q->about, on_polkit, q, &q->slot);
        if (r < 0)
                request_fail_errno(q, r);
        return 0;
}

int request_start(Request *q) {
        int r;

        r = caller_ask(q->message, on_caller, q, &q->slot);
        if (r < 0) {
                request_free(q);
                return r;
        }
        return 1;
}

static void on_result(PgClient *c, const PgError *failure, PGresult *res, void *userdata) {
        _cleanup_(sd_bus_error_free) sd_bus_error error = SD_BUS_ERROR_NULL;
        Request *q = userdata;
        Manager *m = q->manager;

        if (!failure) {
                q->rows(q, res);
                return;
        }
        (void) bus_error_set_store(&error, failure, failure->error == -ENOTCONN ? pg_client_error(c) : "",
                                   manager_store_hint(m));
        if (streq(failure->constraint, "report_unfinished") && m->unfinished > 0) {
                sd_bus_error_free(&error);
                (void) bus_error_set(&error, BUS_ERROR_MIGRATION_RUNNING,
                                     "Report %" PRIu32 " is unfinished; see 'migrationctl status %" PRIu32 "'",
                                     m->unfinished, m->unfinished);
        }
        if (failure->error != -ENOTCONN && !*failure->constraint)
                log_warning("A statement of %s failed: %s", sd_bus_message_get_member(q->message), failure->message);
        request_fail(q, &error);
}

void request_query(Request *q, const SqlStatement *sql, const char *const *params, RequestRows rows) {
        int r;

        q->rows = rows;
        r = pg_client_query(q->manager->store, sql, params, MANAGER_STORE_TIMEOUT_USEC, on_result, q);
        if (r < 0)
                request_fail_errno(q, r);
}
