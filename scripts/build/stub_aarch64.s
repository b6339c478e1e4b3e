// Entry stub of a linked executable, arm64. What it does, and the header it reads, is told in
// stub_x86_64.s. The loader's exit handler comes in x0.
        .equ    HEADER, start - 64
        .equ    PATH_MAX, 4096

start:
        mov     x9, x0
        sub     sp, sp, #PATH_MAX
        mov     x0, sp
        mov     x1, #PATH_MAX
        mov     x8, #17                 // getcwd
        svc     #0
        cmn     x0, #2                  // ENOENT
        b.eq    nowhere
        tbnz    x0, #63, somewhere
        ldrb    w1, [sp]
        cmp     w1, #'/'
        b.eq    somewhere
nowhere:
        adr     x0, root
        mov     x8, #49                 // chdir
        svc     #0
somewhere:
        add     sp, sp, #PATH_MAX
        mov     x0, x9

        adr     x9, HEADER
        mov     x1, sp
        ldp     x2, x3, [x9, #16]
        add     x4, x2, x3
        add     x4, x4, #1
        sub     x5, x1, x4, lsl #3
        and     x5, x5, #-16
        mov     sp, x5

        ldr     x6, [x1], #8            // argc
        cbz     x6, no_name
        add     x7, x6, x2
        add     x7, x7, #1
        str     x7, [x5], #8
        ldr     x8, [x1], #8            // argv[0]
        str     x8, [x5], #8
        ldr     x10, [x9, #48]
        add     x10, x10, x9
argument:
        ldr     x7, [x10], #8
        add     x7, x7, x9
        str     x7, [x5], #8
        subs    x2, x2, #1
        b.ne    argument
        str     x8, [x5], #8
rest:                                   // argv[1] ... NULL
        ldr     x7, [x1], #8
        str     x7, [x5], #8
        subs    x6, x6, #1
        b.ne    rest

        mov     x11, x5
variable:
        ldr     x7, [x10], #8
        add     x7, x7, x9
        str     x7, [x5], #8
        subs    x3, x3, #1
        b.ne    variable
inherited:
        ldr     x7, [x1], #8
        cbz     x7, done
        ldr     x12, [x9, #32]
        bl      match
        cbnz    x13, keep
        ldr     x12, [x9, #40]
        bl      match
        cbnz    x13, inherited
keep:
        str     x7, [x5], #8
        b       inherited
done:
        str     xzr, [x5]

        ldr     x7, [x9, #8]
        ldr     x7, [x9, x7]
        str     x11, [x7]
        mov     x29, #0
        mov     x30, #0
        ldr     x7, [x9]
        add     x16, x7, x9
        br      x16

// Whether the string at x7 starts with one of the strings at offset x12: x13 is not 0 if it does.
match:
        add     x12, x12, x9
next:
        ldrb    w13, [x12]
        cbz     w13, none
        mov     x14, x7
compare:
        ldrb    w13, [x12], #1
        cbz     w13, found
        ldrb    w15, [x14], #1
        cmp     w13, w15
        b.eq    compare
skip:
        ldrb    w13, [x12], #1
        cbnz    w13, skip
        b       next
found:
        mov     x13, #1
none:
        ret

// Started without even a name (old kernels allow it): nothing sensible can follow.
no_name:
        mov     x0, #127
        mov     x8, #94                 // exit_group
        svc     #0

root:   .asciz  "/"
