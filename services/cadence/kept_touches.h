// How kept touches are stored: state.v1.CadenceTouches.
#pragma once

#include <vector>

#include "mainstay/cadence/plan.h"
#include "mainstay/wire/wire_fields.h"

namespace mainstay::cadence {

struct TouchesFields {
  void operator()(wire::FieldWriter& wire, const std::vector<KeptTouch>& touches) const;
  // Also the parallel lists of until 2026-11.
  void operator()(wire::FieldReader& wire, std::vector<KeptTouch>& touches) const;
};
inline constexpr TouchesFields kTouchesFields;

}  // namespace mainstay::cadence
