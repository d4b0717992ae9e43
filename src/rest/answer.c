/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/answer.h"

#include "base/log.h"
#include "base/text.h"

void request_forget(Request *q) {
        for (size_t i = 0; i < REQUEST_CALLS_MAX; i++)
                q->calls[i].call = call_cancel(q->calls[i].call);
        q->deadline = sd_event_source_disable_unref(q->deadline);
        if (q->state)
                q->free_state(q->state);
        q->state = NULL;
        if (q->page)
                q->free_page(q->page);
        q->page = NULL;
}

static void add_header(struct MHD_Response *response, const char *header, const char *value) {
        if (MHD_add_response_header(response, header, value) == MHD_NO)
                log_warning("A header of an answer was left out: %s", header);
}

/* The answer is ready. */
static void answer_set(Request *q, unsigned status, struct MHD_Response *response) {
        q->response = response;
        q->status = status;
        request_forget(q);
        add_header(response, "Cache-Control", "no-store");
        if (q->must_close)
                add_header(response, "Connection", "close");
        if (status == MHD_HTTP_UNAUTHORIZED) {
                add_header(response, "WWW-Authenticate", "Basic realm=\"migrationd\", charset=\"UTF-8\"");
                add_header(response, "WWW-Authenticate", "Bearer realm=\"migrationd\"");
        }
        if (status == MHD_HTTP_SERVICE_UNAVAILABLE)
                add_header(response, "Retry-After", ANSWER_RETRY_AFTER);
        request_resume(q);
}

/* Without memory for an answer the connection is closed: request_on_part() sees that there is none. */
static void answer_give_up(Request *q) {
        log_error("Out of memory for an answer.");
        request_forget(q);
        request_resume(q);
}

static struct MHD_Response *response_of_text(char *text, size_t size) {
        struct MHD_Response *response = MHD_create_response_from_buffer(size, text, MHD_RESPMEM_MUST_FREE);

        if (!response)
                free(text);
        return response;
}

void request_answer_with(Request *q, unsigned status, json_t *body, const char *header, const char *value) {
        struct MHD_Response *response;
        char *text = NULL;

        if (request_is_answered(q)) {
                json_decref(body);
                return;
        }
        if (body) {
                text = json_dumps(body, JSON_COMPACT);
                json_decref(body);
                if (!text)
                        return answer_give_up(q);
                if (request_hold(q, strlen(text)) < 0) {
                        free(text);
                        /* What says so is short; it is not counted. */
                        body = NULL;
                        status = MHD_HTTP_SERVICE_UNAVAILABLE;
                        header = NULL;
                        text = strdup("{\"detail\":\"Too much is being read by all clients.\"}");
                        if (!text)
                                return answer_give_up(q);
                }
                response = response_of_text(text, strlen(text));
        } else
                response = MHD_create_response_from_buffer(0, (void *) "", MHD_RESPMEM_PERSISTENT);
        if (!response)
                return answer_give_up(q);
        if (text)
                add_header(response, "Content-Type", "application/json");
        if (header)
                add_header(response, header, value);
        answer_set(q, status, response);
}

void request_answer(Request *q, unsigned status, json_t *body) {
        request_answer_with(q, status, body, NULL, NULL);
}

/* A caller's mistake, and not merely one about what there is. */
static bool is_for_the_log(unsigned status) {
        return status >= 400 && status < 500 && status != MHD_HTTP_NOT_FOUND && status != MHD_HTTP_CONFLICT;
}

void request_refuse(Request *q, unsigned status, const char *reason) {
        if (is_for_the_log(status))
                peer_log_refused(q->peer, status);
        request_answer(q, status, json_pack("{s:s}", "detail", reason));
}

void request_refuse_field(Request *q, const char *field, const char *reason) {
        peer_log_refused(q->peer, MHD_HTTP_BAD_REQUEST);
        request_answer(q, MHD_HTTP_BAD_REQUEST, json_pack("{s:[s]}", field, reason));
}

void request_unavailable(Request *q, const char *reason) {
        request_answer(q, MHD_HTTP_SERVICE_UNAVAILABLE, json_pack("{s:s}", "detail", reason));
}

void request_fail(Request *q, int error) {
        (void) log_error_errno(error, "A request failed: %m");
        request_answer(q, MHD_HTTP_INTERNAL_SERVER_ERROR, json_pack("{s:s}", "detail", "The request failed."));
}
