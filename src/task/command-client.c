/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include <stdio.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "base/log.h"
#include "base/text.h"
#include "task/command.h"

static int connect_server(void) {
        struct sockaddr_un address = { .sun_family = AF_UNIX };
        const char *path = getenv(COMMAND_SOCKET_VARIABLE);
        _cleanup_(closep) int fd = -EBADF;

        if (!path || strlen(path) >= sizeof(address.sun_path)) {
                log_error("$" COMMAND_SOCKET_VARIABLE
                          " is not set: this works below `migrationd-task run` only");
                return -ENOTCONN;
        }
        strcpy(address.sun_path, path);
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (fd < 0 || connect(fd, (struct sockaddr*) &address, sizeof(address)) < 0)
                return log_error_errno(-errno, "%s: %m", path);
        return TAKE_FD(fd);
}

static int send_all(int fd, const char *text) {
        for (size_t left = strlen(text); left > 0;) {
                ssize_t n = send(fd, text, left, MSG_NOSIGNAL);

                if (n < 0 && errno == EINTR)
                        continue;
                if (n < 0)
                        return -errno;
                text += n;
                left -= (size_t) n;
        }
        return 0;
}

/* Sends the request and reads the answer to its end. The server always answers or dies: no deadline is
 * needed. */
static int exchange(const json_t *request, char **ret_answer) {
        _cleanup_(closep) int fd = -EBADF;
        _cleanup_(freep) char *text = NULL, *line = NULL, *answer = NULL;
        FILE *f;
        size_t size = 0;
        ssize_t n;

        text = json_dumps(request, JSON_COMPACT);
        line = text ? text_format("%s\n", text) : NULL;
        if (!line)
                return -ENOMEM;
        fd = connect_server();
        if (fd < 0)
                return fd;
        /* A server that refuses early has answered already; then the rest of the request is not taken. */
        (void) send_all(fd, line);
        f = fdopen(TAKE_FD(fd), "r");
        if (!f)
                return -ENOMEM;
        n = getdelim(&answer, &size, 0, f);
        (void) fclose(f);
        if (n <= 0)
                return log_error_errno(-ECONNRESET, "migrationd-task run went away");
        *ret_answer = TAKE_PTR(answer);
        return 0;
}

/* Returns the exit status. *ret_document: what follows the first line; owned by the caller. Takes the
 * request. */
static int call(json_t *request, char **ret_document) {
        _cleanup_(json_decrefp) json_t *owned = request, *head = NULL;
        _cleanup_(freep) char *answer = NULL;
        const char *error = NULL;
        size_t length;
        int status;

        if (!request) {
                log_error("Arguments must be UTF-8");
                return COMMAND_EXIT_USAGE;
        }
        if (exchange(request, &answer) < 0)
                return MIGRATIOND_EXIT_TEMPFAIL;
        length = strcspn(answer, "\n");
        head = json_loadb(answer, length, 0, NULL);
        if (!head || json_unpack(head, "{s:i, s?s}", "status", &status, "error", &error) < 0) {
                log_error("migrationd-task run gave no valid answer");
                return MIGRATIOND_EXIT_TEMPFAIL;
        }
        if (error)
                log_error("%s", error);
        if (status == 0 && ret_document) {
                *ret_document = strdup(answer[length] ? answer + length + 1 : "");
                if (!*ret_document)
                        return MIGRATIOND_EXIT_TEMPFAIL;
        }
        return status;
}

/* For shell: text as it is, everything else as JSON on one line. */
static int print_value(const json_t *value) {
        _cleanup_(freep) char *text = NULL;

        if (json_is_string(value))
                return puts(json_string_value(value)) < 0 ? MIGRATIOND_EXIT_FAILED : 0;
        text = json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY | JSON_REAL_PRECISION(17));
        return !text || puts(text) < 0 ? MIGRATIOND_EXIT_FAILED : 0;
}

int command_input(int argc, char **argv) {
        _cleanup_(json_decrefp) json_t *document = NULL;
        _cleanup_(freep) char *text = NULL;
        const char *pointer = argc > 1 ? argv[1] : "";
        json_t *value;
        int r;

        if (argc > 2 || (*pointer && *pointer != '/'))
                return command_usage(argv[0]);
        r = call(json_pack("{s:s}", "verb", "input"), &text);
        if (r != 0)
                return r;
        document = json_loads(text, 0, NULL);
        if (!document) {
                log_error("The input is no valid JSON");
                return MIGRATIOND_EXIT_FAILED;
        }
        r = pointer_find(document, pointer, &value);
        if (r == -EINVAL)
                return command_usage(argv[0]);
        if (r < 0)
                return COMMAND_EXIT_NOT_FOUND;
        return print_value(value);
}

static int parse_count(const char *s, int64_t max, json_int_t *ret) {
        uint64_t n;

        if (text_parse_u64(s, &n) < 0 || n > (uint64_t) max) {
                log_error("\"%s\" is not a number from 0 to %lli", s, (long long) max);
                return -EINVAL;
        }
        *ret = (json_int_t) n;
        return 0;
}

int command_progress(int argc, char **argv) {
        json_int_t done, total = -1;

        if (argc < 2 || argc > 3 || parse_count(argv[1], INT64_MAX, &done) < 0 ||
            (argc == 3 && parse_count(argv[2], INT64_MAX, &total) < 0))
                return command_usage(argv[0]);
        return call(json_pack("{s:s, s:I, s:I}", "verb", "progress", "done", done, "total", total), NULL);
}

int command_problem(int argc, char **argv) {
        if (argc != 3 || !*argv[1])
                return command_usage(argv[0]);
        return call(json_pack("{s:s, s:s, s:s}", "verb", "problem", "item", argv[1], "reason", argv[2]),
                    NULL);
}

/* KEY=TEXT into the input: no quoting of JSON in shell. */
static int set_member(json_t *input, const char *assignment) {
        const char *equal = strchr(assignment, '=');
        _cleanup_(freep) char *key = NULL;

        if (!equal || equal == assignment)
                return -EINVAL;
        key = strndup(assignment, (size_t) (equal - assignment));
        if (!key)
                return -ENOMEM;
        if (json_object_set_new(input, key, json_string(equal + 1)) < 0) {
                log_error("\"%s\" is not UTF-8", assignment);
                return -EINVAL;
        }
        return 0;
}

/* The JSON object of the command line goes below what --set says. */
static int merge_input(json_t *input, const char *text) {
        _cleanup_(json_decrefp) json_t *object = NULL;
        json_error_t e;

        object = json_loads(text, JSON_REJECT_DUPLICATES, &e);
        if (!json_is_object(object)) {
                log_error("The input is no JSON object: %s", object ? text : e.text);
                return -EINVAL;
        }
        return json_object_update_missing(input, object) < 0 ? -ENOMEM : 0;
}

int command_add_task(int argc, char **argv) {
        _cleanup_(json_decrefp) json_t *input = json_object();
        const char *lane = "", *text = NULL;
        json_int_t stage = 0, total = 0;
        int r = input ? 0 : -ENOMEM;

        for (int i = 1; i < argc && r >= 0; i++) {
                if (startswith(argv[i], "--") && !argv[i + 1])
                        r = -EINVAL;
                else if (streq(argv[i], "--lane"))
                        lane = argv[++i];
                else if (streq(argv[i], "--stage"))
                        r = parse_count(argv[++i], INT32_MAX, &stage);
                else if (streq(argv[i], "--total"))
                        r = parse_count(argv[++i], INT64_MAX, &total);
                else if (streq(argv[i], "--set"))
                        r = set_member(input, argv[++i]);
                else if (startswith(argv[i], "-") || text)
                        r = -EINVAL;
                else
                        text = argv[i];
        }
        if (r >= 0 && text)
                r = merge_input(input, text);
        if (r < 0)
                return command_usage(argv[0]);
        return call(json_pack("{s:s, s:s, s:I, s:I, s:O}", "verb", "add-task", "lane", lane, "stage", stage,
                              "total", total, "input", input),
                    NULL);
}
