#include "mainstay/wire/scratch_arena.h"

#include <gtest/gtest.h>
#include <link.h>

#include <cstddef>

#include "mainstay/event/v1/risk.pb.h"

namespace mainstay::wire {
namespace {

// What the program itself lays out for each of its threads.
std::size_t ThreadLocalBytes() {
  std::size_t bytes = 0;
  dl_iterate_phdr(
      [](dl_phdr_info* program, std::size_t, void* to) {
        for (int i = 0; i < program->dlpi_phnum; ++i) {
          if (program->dlpi_phdr[i].p_type == PT_TLS) *static_cast<std::size_t*>(to) += program->dlpi_phdr[i].p_memsz;
        }
        return 1;  // Libraries come after it.
      },
      &bytes);
  return bytes;
}

TEST(ScratchArena, TakesNothingOfAThreadsStack) {
  ScratchArena scratch;
  scratch.New<event::v1::RiskInput>().set_name("x");
  EXPECT_LT(ThreadLocalBytes(), 4096U);
}

}  // namespace
}  // namespace mainstay::wire
