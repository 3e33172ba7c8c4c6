// Memory for one protobuf message while it is taken apart or written: bump allocation in a block that a thread keeps,
// so a message of usual size costs no malloc. Bigger ones spill to the heap and give it back at the end.
#pragma once

#include <google/protobuf/arena.h>

#include <cstddef>
#include <memory>

namespace mainstay::wire {

class ScratchArena {
 public:
  // REQUIRES: no other ScratchArena alive on this thread.
  ScratchArena() : arena_(Options()) {}
  ScratchArena(const ScratchArena&) = delete;
  ScratchArena& operator=(const ScratchArena&) = delete;

  template <class Message>
  [[nodiscard]] Message& New() {
    return *google::protobuf::Arena::CreateMessage<Message>(&arena_);
  }

 private:
  static constexpr std::size_t kBlockBytes = 32 * 1024;

  static google::protobuf::ArenaOptions Options() {
    // Not itself thread-local: glibc takes that from the stack of every thread, and libraries start some with little.
    static thread_local const auto block = std::make_unique<char[]>(kBlockBytes);
    google::protobuf::ArenaOptions options;
    options.initial_block = block.get();
    options.initial_block_size = kBlockBytes;
    return options;
  }

  google::protobuf::Arena arena_;
};

}  // namespace mainstay::wire
