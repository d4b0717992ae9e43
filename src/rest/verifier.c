/* SPDX-License-Identifier: LGPL-2.1-or-later */

#include "rest/verifier.h"

#include <crypt.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/random.h>

#include "base/text.h"

struct Verification {
        Verification *next;
        const PasswordEntry *entry;
        char *password;
        bool always_wrong;
        bool right;        /* what the thread found */
        VerifierDone done; /* NULL: forgotten */
        void *userdata;
};

typedef struct Remembered {
        const PasswordEntry *entry; /* NULL: free */
        unsigned char digest[DIGEST_BYTES];
        usec_t until_usec; /* CLOCK_MONOTONIC */
} Remembered;

struct Verifier {
        sd_event *event;
        sd_event_source *source;
        int fd; /* eventfd: there are results */
        pthread_t thread;
        bool started;
        pthread_mutex_t lock; /* of the following */
        pthread_cond_t work;
        Verification *waiting, *finished;
        unsigned n_waiting;
        bool ending;
        /* Of the event loop alone. */
        unsigned char key[DIGEST_BYTES];
        Remembered remembered[VERIFIER_REMEMBER_MAX];
        size_t next_remembered;
};

static void job_free(Verification *job) {
        explicit_bzero(job->password, strlen(job->password));
        free(job->password);
        free(job);
}

static void append(Verification **list, Verification *job) {
        while (*list)
                list = &(*list)->next;
        job->next = NULL;
        *list = job;
}

static bool password_is_right(const char *password, const char *hash) {
        _cleanup_(freep) struct crypt_data *data = calloc(1, sizeof(struct crypt_data));
        const char *made = data ? crypt_r(password, hash, data) : NULL;
        bool right;

        right = made && strlen(made) == strlen(hash) && CRYPTO_memcmp(made, hash, strlen(hash)) == 0;
        if (data)
                explicit_bzero(data, sizeof(*data));
        return right;
}

static void *verifier_main(void *userdata) {
        static const uint64_t one = 1;
        Verifier *v = userdata;

        (void) pthread_mutex_lock(&v->lock);
        while (!v->ending) {
                Verification *job = v->waiting;

                if (!job) {
                        (void) pthread_cond_wait(&v->work, &v->lock);
                        continue;
                }
                v->waiting = job->next;
                v->n_waiting--;
                (void) pthread_mutex_unlock(&v->lock);
                job->right = password_is_right(job->password, job->entry->hash) && !job->always_wrong;
                (void) pthread_mutex_lock(&v->lock);
                append(&v->finished, job);
                /* Fails only when the counter is full: then the loop is told already. */
                if (write(v->fd, &one, sizeof(one)) < 0)
                        continue;
        }
        (void) pthread_mutex_unlock(&v->lock);
        return NULL;
}

static usec_t now_usec(Verifier *v) {
        uint64_t now = 0;

        (void) sd_event_now(v->event, CLOCK_MONOTONIC, &now);
        return now;
}

static bool make_digest(const Verifier *v, const char *password, unsigned char *ret) {
        unsigned n = 0;

        return HMAC(EVP_sha256(), v->key, sizeof(v->key), (const unsigned char *) password, strlen(password), ret,
                    &n) &&
               n == DIGEST_BYTES;
}

static void remember(Verifier *v, const PasswordEntry *entry, const char *password) {
        Remembered *slot = &v->remembered[v->next_remembered];

        if (!make_digest(v, password, slot->digest))
                return;
        slot->entry = entry;
        slot->until_usec = now_usec(v) + VERIFIER_REMEMBER_USEC;
        v->next_remembered = (v->next_remembered + 1) % VERIFIER_REMEMBER_MAX;
}

bool verifier_remembers(Verifier *v, const PasswordEntry *entry, const char *password) {
        unsigned char digest[DIGEST_BYTES];
        usec_t now = now_usec(v);
        bool found = false;

        if (!make_digest(v, password, digest))
                return false;
        for (size_t i = 0; i < VERIFIER_REMEMBER_MAX; i++) {
                Remembered *slot = &v->remembered[i];

                if (slot->entry && slot->until_usec <= now)
                        *slot = (Remembered){};
                found |= slot->entry == entry && CRYPTO_memcmp(slot->digest, digest, sizeof(digest)) == 0;
        }
        return found;
}

static int on_results(_unused_ sd_event_source *s, int fd, _unused_ uint32_t events, void *userdata) {
        Verifier *v = userdata;
        Verification *list;
        uint64_t count;

        if (read(fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
                return -errno;
        (void) pthread_mutex_lock(&v->lock);
        list = TAKE_PTR(v->finished);
        (void) pthread_mutex_unlock(&v->lock);
        while (list) {
                Verification *job = list;

                list = job->next;
                if (job->right)
                        remember(v, job->entry, job->password);
                if (job->done)
                        job->done(job->right, job->userdata);
                job_free(job);
        }
        return 0;
}

int verifier_start(Verifier *v, const PasswordEntry *entry, const char *password, bool always_wrong,
                   VerifierDone done, void *userdata, Verification **ret) {
        Verification *job;

        (void) pthread_mutex_lock(&v->lock);
        if (v->n_waiting >= VERIFIER_QUEUE_MAX) {
                (void) pthread_mutex_unlock(&v->lock);
                return -ENOBUFS;
        }
        job = calloc(1, sizeof(Verification));
        if (job)
                job->password = strdup(password);
        if (!job || !job->password) {
                (void) pthread_mutex_unlock(&v->lock);
                free(job);
                return -ENOMEM;
        }
        job->entry = entry;
        job->always_wrong = always_wrong;
        job->done = done;
        job->userdata = userdata;
        append(&v->waiting, job);
        v->n_waiting++;
        (void) pthread_cond_signal(&v->work);
        (void) pthread_mutex_unlock(&v->lock);
        *ret = job;
        return 0;
}

void verifier_forget(Verification *job) {
        job->done = NULL;
}

/* Signals are the event loop's. */
static int start_thread(Verifier *v) {
        sigset_t all, before;
        int r;

        (void) sigfillset(&all);
        (void) pthread_sigmask(SIG_SETMASK, &all, &before);
        r = pthread_create(&v->thread, NULL, verifier_main, v);
        (void) pthread_sigmask(SIG_SETMASK, &before, NULL);
        v->started = r == 0;
        return -r;
}

int verifier_new(sd_event *event, Verifier **ret) {
        _cleanup_(verifier_freep) Verifier *v = calloc(1, sizeof(Verifier));
        int r;

        if (!v)
                return -ENOMEM;
        v->event = sd_event_ref(event);
        (void) pthread_mutex_init(&v->lock, NULL);
        (void) pthread_cond_init(&v->work, NULL);
        v->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        if (v->fd < 0)
                return -errno;
        if (getrandom(v->key, sizeof(v->key), 0) != sizeof(v->key))
                return -EIO;
        r = sd_event_add_io(event, &v->source, v->fd, EPOLLIN, on_results, v);
        if (r < 0)
                return r;
        r = start_thread(v);
        if (r < 0)
                return r;
        *ret = TAKE_PTR(v);
        return 0;
}

Verifier *verifier_free(Verifier *v) {
        if (!v)
                return NULL;
        if (v->started) {
                (void) pthread_mutex_lock(&v->lock);
                v->ending = true;
                (void) pthread_cond_signal(&v->work);
                (void) pthread_mutex_unlock(&v->lock);
                (void) pthread_join(v->thread, NULL);
        }
        for (Verification *job; (job = v->waiting);) {
                v->waiting = job->next;
                job_free(job);
        }
        for (Verification *job; (job = v->finished);) {
                v->finished = job->next;
                job_free(job);
        }
        sd_event_source_disable_unref(v->source);
        closep(&v->fd);
        (void) pthread_cond_destroy(&v->work);
        (void) pthread_mutex_destroy(&v->lock);
        explicit_bzero(v->key, sizeof(v->key));
        sd_event_unref(v->event);
        free(v);
        return NULL;
}
