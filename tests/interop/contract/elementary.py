"""Logarithm, exponential and the normal quantile function, of arrays, in the contract's order of operations.

NumPy rounds each operation by itself, so there is no fused multiply-add.
"""

import numpy as np

LN2_HI, LN2_LO, INV_LN2 = 6.93147180369123816490e-01, 1.90821492927058770002e-10, 1.44269504088896338700e00

L1, L2, L3, L4, L5, L6, L7 = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)
P1, P2, P3, P4, P5 = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
A = (
    3.3871328727963666080e0,
    1.3314166789178437745e2,
    1.9715909503065514427e3,
    1.3731693765509461125e4,
    4.5921953931549871457e4,
    6.7265770927008700853e4,
    3.3430575583588128105e4,
    2.5090809287301226727e3,
)
B = (
    1.0,
    4.2313330701600911252e1,
    6.8718700749205790830e2,
    5.3941960214247511077e3,
    2.1213794301586595867e4,
    3.9307895800092710610e4,
    2.8729085735721942674e4,
    5.2264952788528545610e3,
)
C = (
    1.42343711074968357734e0,
    4.63033784615654529590e0,
    5.76949722146069140550e0,
    3.64784832476320460504e0,
    1.27045825245236838258e0,
    2.41780725177450611770e-1,
    2.27238449892691845833e-2,
    7.74545014278341407640e-4,
)
D = (
    1.0,
    2.05319162663775882187e0,
    1.67638483018380384940e0,
    6.89767334985100004550e-1,
    1.48103976427480074590e-1,
    1.51986665636164571966e-2,
    5.47593808499534494600e-4,
    1.05075007164441684324e-9,
)
E = (
    6.65790464350110377720e0,
    5.46378491116411436990e0,
    1.78482653991729133580e0,
    2.96560571828504891230e-1,
    2.65321895265761230930e-2,
    1.24266094738807843860e-3,
    2.71155556874348757815e-5,
    2.01033439929228813265e-7,
)
F = (
    1.0,
    5.99832206555887937690e-1,
    1.36929880922735805310e-1,
    1.48753612908506148525e-2,
    7.86869131145613259100e-4,
    1.84631831751005468180e-5,
    1.42151175831644588870e-7,
    2.04426310338993978564e-15,
)

SPLIT = np.uint64(0x3FE6A09E00000000)
TO_ONE = np.uint64(0x3FF0000000000000 - 0x3FE6A09E00000000)
MANTISSA = np.uint64(0x000FFFFFFFFFFFFF)


def ln(x: np.ndarray) -> np.ndarray:
    b = np.asarray(x, np.float64).view(np.uint64) + TO_ONE
    k = ((b >> 52).astype(np.int64) - 1023).astype(np.float64)
    f = ((b & MANTISSA) + SPLIT).view(np.float64) - 1.0
    h = 0.5 * f * f
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    t1 = w * (L2 + w * (L4 + w * L6))
    t2 = z * (L1 + w * (L3 + w * (L5 + w * L7)))
    return s * (h + (t2 + t1)) + k * LN2_LO - h + f + k * LN2_HI


def exp(x: np.ndarray) -> np.ndarray:
    k = np.rint(np.asarray(x, np.float64) * INV_LN2)
    hi = x - k * LN2_HI
    lo = k * LN2_LO
    r = hi - lo
    q = r * r
    c = r - q * (P1 + q * (P2 + q * (P3 + q * (P4 + q * P5))))
    y = 1.0 + (r * c / (2.0 - c) - lo + hi)
    return (y.view(np.int64) + (k.astype(np.int64) << 52)).view(np.float64)


def normal_quantile(p: np.ndarray) -> np.ndarray:
    q = p - 0.5
    result = np.empty_like(p)
    central = np.abs(q) <= 0.425
    r = 0.180625 - q[central] * q[central]
    result[central] = q[central] * horner(A, r) / horner(B, r)
    tail = ~central
    q, p = q[tail], p[tail]
    t = np.sqrt(-ln(np.where(q < 0, p, 1.0 - p)))
    near, far = t - 1.6, t - 5.0
    v = np.where(t <= 5.0, horner(C, near) / horner(D, near), horner(E, far) / horner(F, far))
    result[tail] = np.where(q < 0, -v, v)
    return result


def horner(coefficients: tuple[float, ...], r: np.ndarray) -> np.ndarray:
    *rest, value = coefficients
    for c in reversed(rest):
        value = value * r + c
    return value
