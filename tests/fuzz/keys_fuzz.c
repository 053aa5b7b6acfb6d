/* keys_fuzz.c - any bytes as what a terminal sends: keys, and the line they are typed
 * into.
 *
 * 0xff in the input stands for a pause.  Whatever came before, after a pause the
 * decoder is at rest, and the next plain letter is that letter (outside a paste). */
#include <stdlib.h>
#include <string.h>

#include "tui/keys.h"
#include "tui/prompt.h"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length);

static void require(bool condition)
{
    if (!condition)
        abort();
}

static void type(struct prompt *prompt, uint32_t press)
{
    char name[PRESS_NAME_CHARS];
    press_name(press, name);
    require(strlen(name) < PRESS_NAME_CHARS);
    enum prompt_result result = prompt_press(prompt, press);
    require(prompt->length < PROMPT_BYTES && prompt->cursor <= prompt->length);
    require(strlen(prompt->text) == prompt->length);
    require(prompt_cursor_column(prompt) >= 0);
    for (size_t i = 0; i < prompt->length; i++)
        require((uint8_t)prompt->text[i] >= 0x20 && prompt->text[i] != 0x7f);
    if (result == PROMPT_ACCEPTED || result == PROMPT_CANCELLED) {
        prompt_remember(prompt);
        prompt_begin(prompt, "");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t length)
{
    struct keys keys = {.length = 0};
    struct prompt *prompt = calloc(1, sizeof *prompt);
    uint32_t press;
    require(prompt != NULL);
    prompt_begin(prompt, "");
    for (size_t i = 0; i < length; i++) {
        bool found = input[i] == 0xff ? keys_timeout(&keys, &press)
                                      : keys_take(&keys, input[i], &press);
        if (input[i] == 0xff)
            require(!keys_are_pending(&keys));
        require(keys.length <= KEYS_PENDING_MAX);
        if (found)
            type(prompt, press);
    }
    keys_timeout(&keys, &press);
    bool in_paste = keys.in_paste;
    require(keys_take(&keys, 'x', &press));
    require(press == (in_paste ? 'x' | PRESS_PASTED : 'x'));
    free(prompt);
    return 0;
}
