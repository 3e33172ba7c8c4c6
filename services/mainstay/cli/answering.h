// How a query's answer is printed: one JSON document, or what `print` makes of it for people.
#pragma once

#include "invocation.h"

namespace mainstay::cli {

template <class Response>
int Print(Invocation& invocation, const Result<Response>& answer, void (*print)(const Response&, Invocation&)) {
  if (!answer) return invocation.Report(answer.error());
  if (invocation.json()) {
    invocation.PrintJson(*answer);
  } else {
    print(*answer, invocation);
  }
  return kDone;
}

}  // namespace mainstay::cli
