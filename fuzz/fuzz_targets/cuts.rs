//! Streams and bodies of providers that break off: no cut gives a value that the whole does not.

#![no_main]

use dspy::__private::Wire;

libfuzzer_sys::fuzz_target!(|data: &[u8]| {
    let Some(([wire, piece, low, high], came)) = data.split_first_chunk::<4>() else { return };
    let Some(wire) = Wire::ALL.get(usize::from(*wire) % Wire::ALL.len()) else { return };
    let cut = usize::from(u16::from_le_bytes([*low, *high])) % (came.len() + 1);
    let Some(begun) = came.get(..cut) else { return };
    let piece = usize::from(*piece).max(1);
    let Ok(reply) = wire.read(begun, piece) else { return };
    // What is whole is whole however its bytes come, and stays as it is whatever comes after it.
    for later in [wire.read(begun, begun.len()), wire.read(came, piece)].into_iter().flatten() {
        assert_eq!((&later.text, &later.finish), (&reply.text, &reply.finish));
        assert_eq!(later.tool_calls, reply.tool_calls);
    }
});
