/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The head of a request, checked for what two programs could read in two ways. The library is lenient there: it takes
 * Transfer-Encoding before Content-Length, the first of two lengths, and names with blanks. It can be told to be
 * strict, but then answers twice. */

#include <microhttpd.h>

#include "base/macro.h"

typedef struct Head {
        bool has_length;
        uint64_t length; /* 0: none */
        bool chunked;
        bool expects_continue;
        const char *host; /* the following: NULL when there is none; borrowed from the connection */
        const char *content_type;
        const char *authorization;
        const char *forwarded_scheme;
        const char *reason; /* of what is wrong; static, NULL: nothing */
        bool is_http_1_0;
        unsigned n_length, n_coding, n_host, n_content_type, n_authorization;
} Head;

/* Reads it. Returns 0, or -EINVAL with ret->reason. */
int head_read(struct MHD_Connection *connection, const char *version, Head *ret);

/* Whether a body is announced. */
static inline bool head_has_body(const Head *h) {
        return h->chunked || h->length > 0;
}

/* Whether the content type is application/json, with parameters or without. */
bool head_is_json(const Head *h);

/* Whether s may be the authority of a link: a host name or address, and maybe a port. */
bool head_is_authority(const char *s);
