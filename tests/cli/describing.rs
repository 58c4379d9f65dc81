//! What `describe` says of architectures.

use serde_json::Value;

use super::environment::TestEnv;

#[test]
fn an_architecture_is_described_layer_by_layer_with_its_counts() {
    let ran = TestEnv::new(380).run(&["describe", "infogan"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    infogan at 28 x 28 x 1, width 1, 64 latent numbers, convention standard, discriminator normalization none

    Generator    operation                              output  parameters  multiply-adds
    dense1       dense                                    1024      66,560         65,536
    dense1_norm  batch norm                               1024       2,048
                 leaky relu 0.2                           1024
    dense2       dense                                    6272   6,428,800      6,422,528
    dense2_norm  batch norm                               6272      12,544
                 leaky relu 0.2                           6272
                 reshape                               7x7x128
    up1          transposed convolution 4x4 stride 2  14x14x64     131,136      6,422,528
    up1_norm     batch norm                           14x14x64         128
                 leaky relu 0.2                       14x14x64
    out          transposed convolution 4x4 stride 2   28x28x1       1,025        200,704
                 tanh                                  28x28x1
    total                                                        6,642,241     13,111,296

    Discriminator  operation                                   output  parameters  multiply-adds
    conv1          convolution 4x4 stride 2, leaky relu 0.2  14x14x64       1,088        200,704
    conv2          convolution 4x4 stride 2, leaky relu 0.2   7x7x128     131,200      6,422,528
    dense1         dense                                         1024   6,423,552      6,422,528
                   leaky relu 0.2                                1024
    dense2         dense                                            1       1,025          1,024
    total                                                               6,556,865     13,046,784

    Multiply-adds are those of matrix products and convolutions, for one image going forward.
    ");
}

#[test]
fn all_architectures_are_listed_with_the_sizes_that_were_published() {
    let ran = TestEnv::new(381).run(&["describe"]).expect(0);
    insta::assert_snapshot!(ran.stdout, @r"
    architecture      image  generator parameters  discriminator parameters  generator multiply-adds  discriminator multiply-adds
    infogan         28x28x1             6,642,241                 6,556,865               13,111,296                   13,046,784
    dcgan           64x64x3             5,364,739                 4,314,753              163,250,176                  162,209,792
    sndcgan         32x32x3             3,828,739                 5,860,865              103,481,344                  215,687,168
    resnet-cifar    32x32x3             5,849,603                 1,483,137            2,385,772,544                  327,942,272
    resnet19      128x128x3            13,786,115                15,086,529            9,089,056,768                3,944,743,424
    resnet-stl      48x48x3             6,254,339                25,114,817            1,280,360,448                  772,375,552
    resnet107     128x128x3            52,199,667                53,486,449            4,349,231,104                4,914,421,760
    ");
}

#[test]
fn programs_get_every_layer_as_json() {
    let arguments = [
        "describe",
        "resnet19",
        "--convention",
        "miyato",
        "--message-format",
        "json",
    ];
    let messages = TestEnv::new(382).run(&arguments).expect(0).messages();
    let [message] = messages.as_slice() else {
        panic!("one message for one architecture: {messages:?}");
    };
    assert_eq!(
        (&message["event"], &message["resolution"]),
        (&"architecture".into(), &128.into())
    );
    for player in ["generator", "discriminator"] {
        let layers = message[player]["layers"].as_array().expect("layers are a list");
        let sum: i64 = layers
            .iter()
            .filter_map(|layer| layer["parameters"].as_i64())
            .sum();
        assert_eq!(message[player]["parameters"], Value::from(sum), "{player}");
    }
}

#[test]
fn what_cannot_be_built_is_refused_with_what_can() {
    let env = TestEnv::new(383);
    let said = |arguments: &[&str]| env.run(arguments).expect(2).stderr;
    insta::assert_snapshot!(said(&["describe", "sndcgan", "--normalization", "layer"]), @r"
    error: sndcgan's discriminator has no layer normalization
    hint: it can have none, spectral
    ");
    insta::assert_snapshot!(said(&["describe", "resnet107", "--resolution", "48"]), @r"
    error: resnet107 cannot be built for 48 pixels
    hint: it can for multiples of 32
    ");
}
