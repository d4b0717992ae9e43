/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Texts that go into XML. */

#include <string.h>

/* Takes the control characters that XML cannot hold out of a text, which one of them would make unreadable as
 * a whole. Source: XML 1.0, 2.2. */
static inline void xml_drop_control(char *text) {
        char *to = text;

        for (const char *from = text; *from; from++)
                if ((unsigned char) *from >= ' ' || strchr("\t\n\r", *from))
                        *to++ = *from;
        *to = 0;
}
