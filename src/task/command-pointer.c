/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "base/text.h"
#include "task/command.h"

/* Undoes ~1 and ~0 of one reference token in place. Source: RFC 6901, section 4. */
static int unescape(char *token) {
        char *out = token;

        for (; *token; token++) {
                if (*token != '~') {
                        *out++ = *token;
                        continue;
                }
                token++;
                if (*token != '0' && *token != '1')
                        return -EINVAL;
                *out++ = *token == '0' ? '~' : '/';
        }
        *out = 0;
        return 0;
}

static int find_below(json_t *value, const char *token, json_t **ret) {
        uint32_t index;

        if (json_is_object(value))
                *ret = json_object_get(value, token);
        else if (json_is_array(value)) {
                if (text_parse_u32(token, &index) < 0 || (token[0] == '0' && token[1]))
                        return -ENOENT;
                *ret = json_array_get(value, index);
        } else
                *ret = NULL;
        return *ret ? 0 : -ENOENT;
}

int pointer_find(json_t *document, const char *pointer, json_t **ret) {
        json_t *value = document;
        int r;

        if (*pointer && *pointer != '/')
                return -EINVAL;
        while (*pointer) {
                size_t length = strcspn(pointer + 1, "/");
                _cleanup_(freep) char *token = strndup(pointer + 1, length);

                if (!token)
                        return -ENOMEM;
                r = unescape(token);
                if (r >= 0)
                        r = find_below(value, token, &value);
                if (r < 0)
                        return r;
                pointer += 1 + length;
        }
        *ret = value;
        return 0;
}
