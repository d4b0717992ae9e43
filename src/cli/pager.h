/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Long output goes through a pager, with systemd's variables: $SYSTEMD_PAGER, $PAGER, $SYSTEMD_LESS,
 * $SYSTEMD_PAGERSECURE. */

#include "base/macro.h"

/* Puts a pager behind standard output when that is a terminal and off is false. In secure mode (the effective
 * user is not the session's, or $SYSTEMD_PAGERSECURE says so) only less is used, and it runs no commands. At
 * exit the pager is waited for. */
void pager_open(bool off);
