/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Digests as text. */

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * size + 1 bytes: lower-case hexadecimal digits and a zero byte. */
static inline void hex_format(const uint8_t *data, size_t size_bytes, char *ret) {
        static const char digits[] = "0123456789abcdef";

        for (size_t i = 0; i < size_bytes; i++) {
                ret[2 * i] = digits[data[i] >> 4];
                ret[2 * i + 1] = digits[data[i] & 15];
        }
        ret[2 * size_bytes] = 0;
}
