#ifndef TURNSTILE_CPOSTGRES_H
#define TURNSTILE_CPOSTGRES_H
#include <postgresql/libpq-fe.h>
#endif
