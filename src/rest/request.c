/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/request.h"

#include "base/log.h"
#include "base/text.h"
#include "rest/answer.h"
#include "rest/auth.h"
#include "rest/server.h"

Request *request_new(Gateway *g, struct MHD_Connection *connection, Peer *peer, const char *text) {
        Request *q = calloc(1, sizeof(Request));

        if (!q)
                return NULL;
        q->gateway = g;
        q->connection = connection;
        q->peer = peer;
        q->text_in_place = text;
        q->text = strdup(text ?: "");
        return q->text ? q : request_free(q);
}

Request *request_free(Request *q) {
        if (!q)
                return NULL;
        request_forget(q);
        auth_forget(q);
        if (q->response)
                MHD_destroy_response(q->response);
        gateway_release(q->gateway, q->held_bytes);
        json_decref(q->json);
        target_done(&q->target);
        free(q->body);
        free(q->text);
        free(q);
        return NULL;
}

int request_hold(Request *q, size_t bytes) {
        int r = gateway_hold(q->gateway, bytes);

        if (r >= 0)
                q->held_bytes += bytes;
        return r;
}

static enum MHD_Result request_send(Request *q) {
        enum MHD_Result result;

        peer_set_phase(q->peer, PEER_ANSWER);
        result = MHD_queue_response(q->connection, q->status, q->response);
        MHD_destroy_response(q->response);
        q->response = NULL;
        return result;
}

static enum MHD_Result request_suspend(Request *q) {
        q->suspended = true;
        MHD_suspend_connection(q->connection);
        return MHD_YES;
}

void request_resume(Request *q) {
        if (!q->suspended)
                return;
        q->suspended = false;
        MHD_resume_connection(q->connection);
        server_wake(q->gateway->server);
}

void request_go_on(Request *q) {
        q->phase = REQUEST_KNOWN;
        request_resume(q);
}

/* The library hands over the target and the version as they lie one behind the other in its memory, the first ended
 * by a zero: a zero within the target is seen by that. Where they lie apart there is nothing to see. */
static bool target_has_zero(const Request *q, const char *version) {
        uintptr_t from = (uintptr_t) q->text_in_place, to = (uintptr_t) version;

        return q->text_in_place && to > from && to - from < SERVER_HEAD_BYTES_MAX && to - from > strlen(q->text) + 1;
}

/* The target of an absolute form ("GET http://host/path") is what follows the host, which must be the one of the
 * header. */
static const char *target_path(const Request *q) {
        size_t length = strlen(q->head.host ?: ""), scheme = 0;

        if (startswith(q->text, "http://"))
                scheme = strlen("http://");
        else if (startswith(q->text, "https://"))
                scheme = strlen("https://");
        else
                return q->text;
        if (length > 0 && strncasecmp(q->text + scheme, q->head.host, length) == 0 && q->text[scheme + length] == '/')
                return q->text + scheme + length;
        return q->text;
}

/* Finds what is asked for; the answer, should it be a refusal, is given when it is known who asks. */
static void request_find(Request *q) {
        int r;

        r = target_parse(target_path(q), &q->target, &q->target_reason);
        if (r == -EINVAL)
                return;
        if (r < 0)
                return request_fail(q, r);
        q->outcome = route_find(q->method, q->target.path, &q->match);
}

static void refuse_unknown_parameter(Request *q) {
        if (q->match.route->query == QUERY_NONE && q->target.n > 0)
                request_refuse_field(q, q->target.parameters[0].name, "There is no such parameter here.");
}

static void redirect_to_slash(Request *q) {
        _cleanup_(freep) char *location = NULL;
        const char *query = strchr(q->text, '?');

        location = text_format("%s/%s", q->target.path, query ?: "");
        if (!location)
                return request_fail(q, -ENOMEM);
        request_answer_with(q, MHD_HTTP_MOVED_PERMANENTLY, NULL, "Location", location);
}

static void refuse_by_route(Request *q) {
        if (q->target_reason) {
                q->must_close = true;
                return request_refuse(q, MHD_HTTP_BAD_REQUEST, q->target_reason);
        }
        switch (q->outcome) {
        case ROUTE_FOUND:
                return refuse_unknown_parameter(q);
        case ROUTE_NO_SLASH:
                return redirect_to_slash(q);
        case ROUTE_NO_METHOD:
                return request_answer_with(q, MHD_HTTP_METHOD_NOT_ALLOWED,
                                           json_pack("{s:s}", "detail", "This path has other methods."), "Allow",
                                           q->match.allow);
        case ROUTE_NO_PATH:
                q->must_close = true;
                return request_refuse(q, MHD_HTTP_NOT_FOUND, "Not found.");
        }
}

static void refuse_by_body(Request *q) {
        if (!head_has_body(&q->head))
                return;
        if (!q->match.route->request_schema)
                return request_refuse(q, MHD_HTTP_BAD_REQUEST, "This takes no body.");
        if (!head_is_json(&q->head))
                return request_refuse(q, MHD_HTTP_UNSUPPORTED_MEDIA_TYPE, "The body has to be application/json.");
        if (q->head.length > route_body_max(q->match.route))
                request_refuse(q, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.");
}

/* It is known who asks, or that it is not said. */
static enum MHD_Result request_admit(Request *q) {
        if (!request_is_answered(q))
                refuse_by_route(q);
        if (!request_is_answered(q))
                refuse_by_body(q);
        q->phase = REQUEST_READING;
        /* Who waits to be told to go on is told no; for the others the body is taken, up to a point. */
        if (request_is_answered(q) &&
            (q->must_close || q->head.expects_continue || q->head.length > REQUEST_DROP_BYTES_MAX))
                return request_send(q);
        peer_set_phase(q->peer, PEER_BODY);
        return MHD_YES;
}

static enum MHD_Result request_begin(Request *q, const char *method, const char *version) {
        q->method = method;
        if (head_read(q->connection, version, &q->head) >= 0 && target_has_zero(q, version))
                q->head.reason = "The target has a character that does not belong there";
        if (q->head.reason) {
                q->must_close = true;
                request_refuse(q, MHD_HTTP_BAD_REQUEST, q->head.reason);
                return request_send(q);
        }
        request_find(q);
        q->phase = REQUEST_KNOWN;
        if (!request_is_answered(q) && !(q->match.route && q->match.route->public)) {
                peer_set_phase(q->peer, PEER_ACTING);
                if (auth_ask(q) == AUTH_LATER) {
                        q->phase = REQUEST_ASKING;
                        return request_suspend(q);
                }
        }
        return request_admit(q);
}

/* Room for as many bytes of body again. */
static int body_grow(Request *q, size_t bytes) {
        size_t wanted = q->body_size + bytes,
               size = q->head.has_length ? q->head.length : MAX(2 * q->body_allocated, wanted);
        char *grown;
        int r;

        if (wanted <= q->body_allocated)
                return 0;
        size = MAX(size, wanted);
        r = request_hold(q, size - q->body_allocated);
        if (r < 0)
                return r;
        grown = realloc(q->body, size);
        if (!grown)
                return -ENOMEM;
        q->body = grown;
        q->body_allocated = size;
        return 0;
}

/* Returns MHD_NO where only closing the connection is left. */
static enum MHD_Result request_take(Request *q, const char *data, size_t size) {
        int r;

        if (!request_is_answered(q)) {
                if (size > route_body_max(q->match.route) - q->body_size)
                        request_refuse(q, MHD_HTTP_CONTENT_TOO_LARGE, "The body is too large.");
                else if ((r = body_grow(q, size)) < 0)
                        request_unavailable(q, "Too much is being sent by all clients.");
        }
        if (request_is_answered(q)) {
                q->dropped_bytes += size;
                return q->dropped_bytes > REQUEST_DROP_BYTES_MAX ? MHD_NO : MHD_YES;
        }
        memcpy(q->body + q->body_size, data, size);
        q->body_size += size;
        return MHD_YES;
}

/* An integer that is too large is refused by the handler, which knows its field, unless it is in a plan: there it
 * would be changed. */
static json_t *parse_body(const Request *q, json_error_t *ret_error) {
        json_t *json = json_loadb(q->body, q->body_size, JSON_REJECT_DUPLICATES, ret_error);

        if (!json && json_error_code(ret_error) == json_error_numeric_overflow &&
            route_body_max(q->match.route) == ROUTE_BODY_BYTES_MAX)
                json = json_loadb(q->body, q->body_size, JSON_REJECT_DUPLICATES | JSON_DECODE_INT_AS_REAL, ret_error);
        return json;
}

static void refuse_json(Request *q, const json_error_t *error) {
        _cleanup_(freep) char *reason = NULL;

        reason = text_format("JSON parse error - line %i column %i", error->line, error->column);
        request_refuse(q, MHD_HTTP_BAD_REQUEST, reason ?: "JSON parse error");
}

static void request_parse(Request *q) {
        json_error_t error;

        if (!q->match.route->request_schema || q->body_size == 0)
                return;
        q->json = parse_body(q, &error);
        free(q->body);
        q->body = NULL;
        if (!q->json)
                refuse_json(q, &error);
        else if (!json_is_object(q->json))
                request_refuse(q, MHD_HTTP_BAD_REQUEST, "A JSON object is needed.");
}

static int on_deadline(_unused_ sd_event_source *s, _unused_ uint64_t usec, void *userdata) {
        request_unavailable(userdata, "It took too long.");
        return 0;
}

static enum MHD_Result request_act(Request *q) {
        int r;

        q->phase = REQUEST_ACTING;
        peer_set_phase(q->peer, PEER_ACTING);
        if (!request_is_answered(q))
                request_parse(q);
        if (!request_is_answered(q))
                q->match.route->handle(q);
        if (request_is_answered(q))
                return request_send(q);
        r = sd_event_add_time_relative(q->gateway->event, &q->deadline, CLOCK_MONOTONIC, REQUEST_ACT_USEC, 0,
                                       on_deadline, q);
        if (r < 0) {
                request_fail(q, r);
                return request_send(q);
        }
        return request_suspend(q);
}

enum MHD_Result request_on_part(Request *q, const char *method, const char *version, const char *data, size_t *size) {
        enum MHD_Result result;

        switch (q->phase) {
        case REQUEST_NEW:
                return request_begin(q, method, version);
        case REQUEST_KNOWN:
                return request_admit(q);
        case REQUEST_READING:
                if (*size == 0)
                        return request_act(q);
                result = request_take(q, data, *size);
                *size = 0;
                return result;
        case REQUEST_ASKING:
        case REQUEST_ACTING:
                /* It was resumed: the answer is there. */
                return request_is_answered(q) ? request_send(q) : MHD_NO;
        }
        return MHD_NO;
}
