//! Transcendental functions of one f32 as device code, with the same few units in the last place wrong on every device.
//!
//! A driver's own functions may be off by more: Vulkan allows `exp` `3 + 2 |x|` units and `tanh` whatever two of these
//! make of it, which near 0 is everything. These use additions, multiplications, one division and the bits of a float.
//! Polynomials are those of Cephes (Moshier 1992, `expf.c`, `logf.c`, `tanhf.c`).

use cubecl::prelude::*;

/// `ln 2` in two parts, the first of which times a small integer is exact.
const LN2_HIGH: f32 = 0.693_359_4;
const LN2_LOW: f32 = -2.121_944_4e-4;

const LOG2_E: f32 = std::f32::consts::LOG2_E;

/// `e^x`; results below 2^-126 may be 0.
#[cube]
pub(super) fn exponential(x: f32) -> f32 {
    // Beyond these the scaling below over- or underflows by itself; NaN passes every comparison.
    let inside = select(x > 89.0f32, 89.0f32, select(x < -105.0f32, -105.0f32, x));
    let power = f32::floor(inside * LOG2_E + 0.5f32);
    let rest = fma(power, -LN2_LOW, fma(power, -LN2_HIGH, inside));
    let mut sum = 1.987_569_1e-4f32;
    sum = fma(sum, rest, 1.398_199_9e-3f32);
    sum = fma(sum, rest, 8.333_452e-3f32);
    sum = fma(sum, rest, 4.166_579_6e-2f32);
    sum = fma(sum, rest, 1.666_666_5e-1f32);
    sum = fma(sum, rest, 0.5f32);
    let value = fma(sum, rest * rest, rest) + 1.0f32;
    // In two factors, since 2^-150 has no representation of its own.
    let power = i32::cast_from(power);
    let half = power / 2;
    value * power_of_two(half) * power_of_two(power - half)
}

/// `2^power`, for powers from -126 to 127.
#[cube]
fn power_of_two(power: i32) -> f32 {
    f32::reinterpret((power + 127) << 23)
}

/// Natural logarithm; NaN below zero, minus infinity at zero. Below 2^-126 it is as good as the driver's.
#[cube]
pub(super) fn logarithm(x: f32) -> f32 {
    let mut value = limit_of_logarithm(x);
    let bits = i32::reinterpret(x);
    let is_normal = bits >= 0x0080_0000; // And positive.
    if is_normal && bits < 0x7f80_0000 {
        let mut exponent = (bits >> 23) - 126;
        let mut mantissa = f32::reinterpret((bits & 0x007f_ffff) | 0x3f00_0000); // In [1/2, 1).
        if mantissa < 0.707_106_77f32 {
            mantissa *= 2.0f32;
            exponent -= 1;
        }
        value = logarithm_of_parts(mantissa - 1.0f32, f32::cast_from(exponent));
    }
    value
}

/// Of a number that is not normal and positive: a standard may leave open what a driver's function makes of it.
#[cube]
fn limit_of_logarithm(x: f32) -> f32 {
    let bits = i32::reinterpret(x);
    let mut value = not_a_number(x);
    if (bits & 0x7fff_ffff) == 0 {
        value = f32::reinterpret(0xff80_0000u32.runtime()); // Minus infinity.
    } else if bits == 0x7f80_0000 {
        value = x;
    } else if bits > 0 && bits < 0x0080_0000 {
        value = f32::ln(x);
    }
    value
}

/// Square root; NaN below zero.
#[cube]
pub(super) fn square_root(x: f32) -> f32 {
    let bits = i32::reinterpret(x);
    let mut value = not_a_number(x);
    // All but negative numbers; the bits of minus zero are the least number there is.
    if bits >= 0 || (bits & 0x7fff_ffff) == 0 {
        value = f32::sqrt(x);
    }
    value
}

/// A NaN, made of the bits of any number.
#[cube]
fn not_a_number(x: f32) -> f32 {
    f32::reinterpret(u32::reinterpret(x) | 0x7fc0_0000)
}

/// `log(1 + x)` for `x` in [0, 1].
#[cube]
fn logarithm_of_one_plus(x: f32) -> f32 {
    let mut fraction = x;
    let mut exponent = 0.0f32;
    if x > 0.414_213_57f32 {
        fraction = (x - 1.0f32) * 0.5f32; // Of (1 + x) / 2; exact.
        exponent = 1.0f32;
    }
    logarithm_of_parts(fraction, exponent)
}

/// `log((1 + fraction) 2^exponent)` for fractions from `sqrt(1/2) - 1` to `sqrt(2) - 1`.
#[cube]
fn logarithm_of_parts(fraction: f32, exponent: f32) -> f32 {
    let square = fraction * fraction;
    let mut sum = 7.037_683_6e-2f32;
    sum = fma(sum, fraction, -1.151_461e-1f32);
    sum = fma(sum, fraction, 1.167_699_9e-1f32);
    sum = fma(sum, fraction, -1.242_014_1e-1f32);
    sum = fma(sum, fraction, 1.424_932_3e-1f32);
    sum = fma(sum, fraction, -1.666_805_8e-1f32);
    sum = fma(sum, fraction, 2.000_071_5e-1f32);
    sum = fma(sum, fraction, -2.499_999_4e-1f32);
    sum = fma(sum, fraction, 0.333_333_3f32);
    let mut small = sum * fraction * square;
    small = fma(exponent, LN2_LOW, small);
    small = fma(-0.5f32, square, small);
    fma(exponent, LN2_HIGH, fraction + small)
}

/// Hyperbolic tangent.
#[cube]
pub(super) fn hyperbolic_tangent(x: f32) -> f32 {
    let size = f32::abs(x);
    let square = x * x;
    let mut sum = fma(square, -5.704_988_7e-3f32, 2.063_908_8e-2f32);
    sum = fma(sum, square, -5.373_971_6e-2f32);
    sum = fma(sum, square, 1.333_144_2e-1f32);
    sum = fma(sum, square, -0.333_332_8f32);
    let mut value = fma(sum * square, x, x);
    if size > 0.625f32 {
        let two = 2.0f32;
        value = 1.0f32 - two / (exponential(two * size) + 1.0f32);
        if x < 0.0f32 {
            value *= -1.0f32;
        }
    }
    value
}

/// `1 / (1 + e^-x)`, without overflow.
#[cube]
pub(super) fn sigmoid(x: f32) -> f32 {
    let small = exponential(-f32::abs(x));
    let mut numerator = small;
    if x >= 0.0f32 {
        numerator = 1.0f32;
    }
    numerator / (1.0f32 + small)
}

/// `log(1 + e^x)`, without overflow.
#[cube]
pub(super) fn softplus(x: f32) -> f32 {
    let tail = logarithm_of_one_plus(exponential(-f32::abs(x)));
    let mut value = tail; // Of NaN the tail is NaN.
    if x > 0.0f32 {
        value = x + tail;
    }
    value
}
