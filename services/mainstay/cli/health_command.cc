// health: how does this book do?
#include <iostream>

#include "answering.h"
#include "commands.h"
#include "health_text.h"
#include "mainstay/query/v1/segmentation.grpc.pb.h"

namespace mainstay::cli {
namespace {

namespace q = query::v1;

int Health(Invocation& invocation) {
  q::GetHealthRequest request;
  *request.mutable_query() = invocation.Book();
  const auto answer = Call<q::SegmentationService>(invocation, &q::SegmentationService::Stub::GetHealth, request);
  return Print<q::GetHealthResponse>(invocation, answer, [](const q::GetHealthResponse& health, Invocation& asked) {
    std::cout << HealthText(health, asked.terminal());
  });
}

}  // namespace

void AddHealthCommand(CLI::App& app, Invocation& invocation) {
  auto* health = app.add_subcommand("health", "Losses, retention, growth, the target, sizes, economics of a book");
  health->footer("Example: mainstay health --book north");
  invocation.AddBookOptions(*health);
  health->callback([&invocation] { invocation.Choose([&invocation] { return Health(invocation); }); });
}

}  // namespace mainstay::cli
