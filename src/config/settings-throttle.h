/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* The keys of section [Throttle]. Each function sets one of them: returns 0, or -EINVAL with the reason, or -ENOMEM.
 */

#include "config/settings.h"

int throttle_set_cpu(Settings *s, const char *value, char **ret_reason);
int throttle_set_io(Settings *s, const char *value, char **ret_reason);
int throttle_set_memory(Settings *s, const char *value, char **ret_reason);
int throttle_set_pressure_unit(Settings *s, const char *value, char **ret_reason);
int throttle_set_connections(Settings *s, const char *value, char **ret_reason);
int throttle_set_check_unit(Settings *s, const char *value, char **ret_reason);
int throttle_set_interval(Settings *s, const char *value, char **ret_reason);

/* Before any file is read. Returns 0 or -ENOMEM. */
int throttle_take_defaults(ThrottleSettings *t);
void throttle_done(ThrottleSettings *t);
