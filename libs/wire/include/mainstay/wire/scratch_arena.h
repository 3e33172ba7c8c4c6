// Memory for one protobuf message while it is taken apart or written: bump allocation in a block that a thread keeps,
// so a message of usual size costs no malloc. Bigger ones spill to the heap and give it back at the end.
#pragma once

#include <google/protobuf/arena.h>

#include <array>

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
    alignas(16) static thread_local std::array<char, kBlockBytes> block;
    google::protobuf::ArenaOptions options;
    options.initial_block = block.data();
    options.initial_block_size = block.size();
    return options;
  }

  google::protobuf::Arena arena_;
};

}  // namespace mainstay::wire
