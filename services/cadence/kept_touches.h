// How kept touches are stored: state.v1.CadenceTouches.
#pragma once

#include "mainstay/cadence/kept_touches.h"
#include "mainstay/wire/wire_fields.h"

namespace mainstay::cadence {

struct TouchesFields {
  void operator()(wire::FieldWriter& wire, const KeptTouches& touches) const;
  // Also the parallel lists of until 2026-11.
  void operator()(wire::FieldReader& wire, KeptTouches& touches) const;
};
inline constexpr TouchesFields kTouchesFields;

}  // namespace mainstay::cadence
