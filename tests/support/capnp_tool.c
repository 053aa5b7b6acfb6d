#include "tests/support/capnp_tool.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/support/cmocka_all.h"

enum { COMMAND_BYTES = 4096, OUTPUT_BYTES = 1 << 22 };

char *capnp_tool(const char *verb, const char *type, const void *input,
                 size_t input_length, size_t *length, bool *refused)
{
    char path[] = "/tmp/capnp_tool.XXXXXX";
    char command[COMMAND_BYTES];
    const char *top = getenv("top_srcdir");
    int file = mkstemp(path);
    assert_true(file >= 0);
    assert_int_equal(write(file, input, input_length), input_length);
    close(file);
    snprintf(command, sizeof command, "capnp %s '%s/proto/psp.capnp' '%s' < %s 2>&1",
             verb, top ? top : ".", type, path);
    FILE *pipe = popen(command, "r");
    char *output = malloc(OUTPUT_BYTES);
    if (!pipe || !output)
        abort();
    *length = fread(output, 1, OUTPUT_BYTES - 1, pipe);
    output[*length] = '\0';
    *refused = pclose(pipe) != 0;
    unlink(path);
    return output;
}
