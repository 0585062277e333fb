// SPDX-License-Identifier: GPL-2.0-or-later
// Any bytes as what the kernel says on a queue's socket: every message must end, stay within its bytes and
// borrow from them alone.
#include "../../src/io/queue_message.h"

#include <cstdlib>

namespace {

void require(bool promise) {
    if (!promise)
        std::abort();
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace nfsieve;
    Bytes rest(data, size);
    while (!rest.empty()) {
        const QueueMessage message = parse_queue_message(rest);
        require(message.size <= rest.size());
        require(message.error >= 0);
        require(message.kind != QueueMessage::Kind::packet || message.has_id);
        if (!message.payload.empty()) {
            require(message.payload.data() >= rest.data());
            require(message.payload.data() + message.payload.size() <= rest.data() + rest.size());
        }
        require(message.original_size >= message.payload.size() ||
                message.kind != QueueMessage::Kind::packet);
        (void)message.checksum_unverified();
        if (message.size == 0)
            return 0;
        rest = rest.subspan(message.size);
    }
    return 0;
}
