/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* polkit's agent for terminals: asks for the password when an action needs one and no desktop's agent is
 * there. */

#include "base/macro.h"

/* Starts pkttyagent for this process, once, when standard input is a terminal and the caller is not root.
 * Failure is silent: the call then says that it is not allowed. Ended at exit. */
void agent_open(void);
