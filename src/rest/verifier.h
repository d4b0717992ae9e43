/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/* Verifies passwords in a thread of its own, one after another: each takes a tenth of a second or more on purpose,
 * and the event loop must not wait. Right ones are remembered for a while, as keyed digests. */

#include <sys/types.h>
#include <systemd/sd-event.h>

#include "base/macro.h"
#include "rest/credentials.h"

/* Passwords that wait: some seconds of work. */
#define VERIFIER_QUEUE_MAX 64
/* How long a right one is remembered, and how many. */
#define VERIFIER_REMEMBER_USEC (60 * USEC_PER_SEC)
#define VERIFIER_REMEMBER_MAX 64

typedef struct Verifier Verifier;
typedef struct Verification Verification;

/* Called in the event loop, once, unless it was forgotten before. */
typedef void (*VerifierDone)(bool right, void *userdata);

int verifier_new(sd_event *event, Verifier **ret);

/* Ends the thread, after the password that it is at. Accepts NULL, returns NULL. */
Verifier *verifier_free(Verifier *v);
DEFINE_CLEANUP(Verifier *, verifier_free);

/* Whether this very name and password were found right a short while ago. */
bool verifier_remembers(Verifier *v, const PasswordEntry *entry, const char *password);

/* Starts. always_wrong: the work is done so that it takes as long, the answer is no. Returns 0 with *ret, which is
 * valid until done was called; -ENOBUFS when too many wait; or -ENOMEM. */
int verifier_start(Verifier *v, const PasswordEntry *entry, const char *password, bool always_wrong,
                   VerifierDone done, void *userdata, Verification **ret);

/* No call comes any more. */
void verifier_forget(Verification *job);
