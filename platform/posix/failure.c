#include "platform/failure.h"

#include <stdarg.h>
#include <stdio.h>

void failure_set(struct failure *failure, enum exit_code code, const char *text, ...)
{
    va_list values;

    if (failure->code != EXIT_OK)
        return;
    failure->code = code;
    va_start(values, text);
    vsnprintf(failure->text, sizeof failure->text, text, values);
    va_end(values);
}
