// Money together with its currency, as it stands in an event. State that holds many sums of one book keeps
// the currency once and plain Money beside it.
#pragma once

#include "mainstay/base/money.h"

namespace mainstay {

struct MoneyAmount {
  Money money;
  Currency currency;
  friend bool operator==(const MoneyAmount&, const MoneyAmount&) = default;
};

}  // namespace mainstay
