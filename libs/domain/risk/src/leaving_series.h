// The series of what a client that may leave still orders (models.h, ExpectedOrdersIfActive).
#pragma once

#include <vector>

namespace mainstay::risk {

// S(z) = C/e [2F1(A, e; C; z) - 1], which has no special place at e = 0, for each of `zs`, in its place.
//
// Next to z = 1 the series needs 40 / (1 - z) terms. As long as C is small S is carried there instead, by Taylor series
// of some 60 terms about 0, 1/2, 3/4, 7/8 ..., each used for half of its radius: Gauss's equation, which S obeys with
// A C on its right hand side, gives their coefficients. With a large C that loses digits (its other solution grows like
// z^(1-C) towards 0), and the first terms of the plain series fall quickly.
// REQUIRES: zs ascend, 0 <= z < 1.
void LeavingSeries(double upper, double lower, double e, std::vector<double>& zs);

}  // namespace mainstay::risk
