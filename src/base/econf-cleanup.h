/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Cleanup functions of libeconf's objects, for use with _cleanup_(). Names of our own: newer versions of the library
 * bring some, called as DEFINE_CLEANUP() would call them, which older ones lack. */

#include <libeconf.h>
#include <libeconf_ext.h>

static inline void config_file_freep(econf_file **p) {
        if (*p)
                (void) econf_freeFile(*p);
}

static inline void config_value_freep(econf_ext_value **p) {
        if (*p)
                (void) econf_freeExtValue(*p);
}

/* Of sections or keys. */
static inline void config_names_freep(char ***p) {
        if (*p)
                (void) econf_freeArray(*p);
}
