#include "core/value.h"

#define SHARE_UNIT ((__int128)1000000000)

static __int128 common_factor(__int128 a, __int128 b)
{
    if (a < 0)
        a = -a;
    while (b != 0) {
        __int128 rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

bool ratio_make(__int128 num, __int128 den, struct ratio *ratio)
{
    if (den <= 0)
        return false;
    __int128 factor = common_factor(num, den);
    *ratio = (struct ratio){num / factor, den / factor};
    return true;
}

bool ratio_add(struct ratio a, struct ratio b, struct ratio *sum)
{
    __int128 factor = common_factor(a.den, b.den), left, right, num, den;
    if (__builtin_mul_overflow(a.num, b.den / factor, &left) ||
        __builtin_mul_overflow(b.num, a.den / factor, &right) ||
        __builtin_add_overflow(left, right, &num) ||
        __builtin_mul_overflow(a.den / factor, b.den, &den))
        return false;
    return ratio_make(num, den, sum);
}

bool ratio_subtract(struct ratio a, struct ratio b, struct ratio *difference)
{
    b.num = -b.num;
    return ratio_add(a, b, difference);
}

bool ratio_multiply(struct ratio a, struct ratio b, struct ratio *product)
{
    __int128 one = common_factor(a.num, b.den), other = common_factor(b.num, a.den);
    __int128 num, den;
    if (__builtin_mul_overflow(a.num / one, b.num / other, &num) ||
        __builtin_mul_overflow(a.den / other, b.den / one, &den))
        return false;
    *product = (struct ratio){num, den};
    return true;
}

bool ratio_is_one(struct ratio ratio)
{
    return ratio.num == 1 && ratio.den == 1;
}

bool ratio_exceeds_one(struct ratio ratio)
{
    return ratio.num > ratio.den;
}

static void add(struct sum *sum, __int128 shares)
{
    if (__builtin_add_overflow(sum->value, shares, &sum->value))
        sum->overflow = true;
}

void sum_add(struct sum *sum, __int128 money)
{
    __int128 shares;
    if (__builtin_mul_overflow(money, SHARE_UNIT, &shares))
        sum->overflow = true;
    else
        add(sum, shares);
}

void sum_add_share(struct sum *sum, __int128 money, struct ratio share)
{
    struct decimal part;
    if (money == 0 || share.num == 0)
        return;
    if (ratio_is_one(share)) {
        sum_add(sum, money);
        return;
    }
    if (decimal_share((struct decimal){money, 0}, share.num, share.den, SHARE_PLACES,
                      &part))
        sum->overflow = true;
    else
        add(sum, part.coefficient);
}

void sum_add_sum(struct sum *sum, struct sum part, struct ratio share)
{
    struct decimal value = {part.value, 0};
    sum->overflow |= part.overflow;
    if (!ratio_is_one(share) && decimal_share(value, share.num, share.den, 0, &value))
        sum->overflow = true;
    else
        add(sum, value.coefficient);
}

__int128 sum_money(struct sum sum)
{
    __int128 whole = sum.value / SHARE_UNIT, rest = sum.value % SHARE_UNIT;
    if (rest >= SHARE_UNIT / 2)
        return whole + 1;
    return rest <= -SHARE_UNIT / 2 ? whole - 1 : whole;
}

__int128 money_share(__int128 money, struct ratio share)
{
    struct decimal part;
    if (ratio_is_one(share))
        return money;
    if (decimal_share((struct decimal){money, 0}, share.num, share.den, 0, &part))
        return 0; /* money is bounded and a share is at most a few: cannot be */
    return part.coefficient;
}

bool money_translate(struct decimal amount, struct decimal rate, uint8_t minor,
                     __int128 *money)
{
    struct decimal product;
    if (decimal_multiply(amount, rate, minor, &product) ||
        product.coefficient > MONEY_LIMIT || product.coefficient < -MONEY_LIMIT)
        return false;
    *money = product.coefficient;
    return true;
}

struct decimal money_decimal(__int128 money, uint8_t minor)
{
    return (struct decimal){.coefficient = money, .scale = minor};
}
