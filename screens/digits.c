#include "screens/digits.h"

void digits_round(struct digits *digits, struct decimal value, int power,
                  uint8_t places)
{
    unsigned __int128 units = value.coefficient < 0
                                  ? -(unsigned __int128)value.coefficient
                                  : (unsigned __int128)value.coefficient;
    int shift = places - power - value.scale;
    for (; shift > 0; shift--) {
        /* Coefficients stay below 1e24 by contract; one that does not is shown huge
         * rather than wrapped. */
        if (units > ~(unsigned __int128)0 / 10) {
            units = ~(unsigned __int128)0;
            break;
        }
        units *= 10;
    }
    for (; shift < -1 && units > 0; shift++)
        units /= 10;
    if (shift < 0) /* the last digit dropped alone decides: half away from zero */
        units = units / 10 + (units % 10 >= 5);
    digits->units = units;
}

bool digits_is_zero(const struct digits *digits)
{
    return digits->units == 0;
}

bool digits_reach(const struct digits *digits, unsigned limit, uint8_t places)
{
    unsigned __int128 least = limit;
    while (places-- > 0)
        least *= 10;
    return digits->units >= least;
}

void digits_smallest(struct digits *digits)
{
    digits->units = 1;
}

void digits_write(const struct digits *digits, uint8_t places, char text[DIGITS_CHARS])
{
    char reversed[DIGITS_CHARS];
    int used = 0, shown = 0;
    unsigned __int128 rest = digits->units;
    while (rest > 0 || shown <= places) {
        if (shown == places && places > 0)
            reversed[used++] = '.';
        else if (shown > places && (shown - places) % 3 == 0)
            reversed[used++] = ',';
        reversed[used++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
        shown++;
    }
    for (int i = 0; i < used; i++)
        text[i] = reversed[used - 1 - i];
    text[used] = '\0';
}
